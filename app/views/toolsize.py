"""Shift+wheel changes the size of any tool that has one."""

from __future__ import annotations

import dataclasses

from app.model.session import Session
from app.model.tool import Tool

_NAMES = ("radius_mm", "diameter_mm", "size_mm")
_FACTOR = 1.2


def resize_tool(session: Session, tool: Tool | None, steps: int) -> str:
    """Change the tool's size by about a fifth per step; returns what it is now, or nothing if it has none.

    Args:
        session: Where options are changed, so that the panel and the outline follow.
        tool: The tool whose turn it is.
        steps: Positive: larger.
    """
    if tool is None or not dataclasses.is_dataclass(tool.options):
        return ""
    fields = {field.name: field for field in dataclasses.fields(tool.options)}
    name = next((n for n in _NAMES if n in fields), None)
    if name is None:
        return ""
    hints = fields[name].metadata
    old = float(getattr(tool.options, name))
    low, high, step = (float(hints.get(k, v)) for k, v in (("low", 0.5), ("high", 100.0), ("step", 0.5)))
    new = round(old * _FACTOR**steps / step) * step
    if new == old:
        new += step if steps > 0 else -step
    new = min(high, max(low, new))
    session.change_options(tool.id, **{name: new})
    label = str(hints.get("label", "Size"))
    return f"{label} {new:g}\u2009{hints.get('unit', 'mm')}"
