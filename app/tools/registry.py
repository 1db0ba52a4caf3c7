"""The tools of the left mouse button, in the order of the toolbar. A new tool is one file and one line."""

from __future__ import annotations

import importlib

from app.model.action import Action
from app.tools.base import Tool
from engine.core.registry import Registry

TOOLS: Registry[type[Tool]] = Registry(
    "tool",
    {
        "navigate": "app.tools.navigate:Navigate",
        "brush": "app.tools.brush:Brush",
        "eraser": "app.tools.eraser:Eraser",
        "outline": "app.tools.outline:Freehand",
        "threshold": "app.tools.threshold:Threshold",
        "fill": "app.tools.fill:Fill",
        "islands": "app.tools.islands:Islands",
        "ruler": "app.tools.ruler:Ruler",
    },
)


_MORE_ACTIONS = ("app.tools.reshape",)


def tool_actions() -> tuple[Action, ...]:
    """Return the ``ACTIONS`` of every tool's file, in the order of `TOOLS`, and of acts that need no mouse."""
    modules = dict.fromkeys(TOOLS.entry(name).target.partition(":")[0] for name in TOOLS.available())
    modules.update(dict.fromkeys(_MORE_ACTIONS))
    return tuple(action for module in modules for action in importlib.import_module(module).ACTIONS)
