"""A control per option, made from its type; what keys and wheel change is seen at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.jobs.queue import InlineQueue
from app.model.action import Context
from app.model.session import Session
from app.panels.tool_options import ToolOptionsPanel
from app.tools.registry import TOOLS
from app.tools.toolbox import Toolbox
from tests.support.panes import a_case


@pytest.fixture
def panel(qtbot: Any) -> ToolOptionsPanel:
    session = Session()
    Toolbox(session)
    made = ToolOptionsPanel(Context(session, InlineQueue(), None))  # type: ignore[arg-type]
    made.session = session
    made.keep = session
    qtbot.addWidget(made)
    session.set_case(a_case())
    made.show()
    return made


@pytest.mark.parametrize("tool", list(TOOLS))
def test_every_tool_shows_its_options(panel: ToolOptionsPanel, tool: str) -> None:
    from dataclasses import fields

    panel.session.set_tool(tool)
    options = panel.session.active_tool.options
    for item in fields(options) if options is not None else ():
        control = panel.control(item.name)
        assert control is not None, item.name
        assert control.toolTip() or item.metadata.get("label")


def test_slider_field_and_keys_agree(panel: ToolOptionsPanel) -> None:
    panel.session.set_tool("brush")
    control = panel.control("radius_mm")
    panel.session.change_options("brush", radius_mm=11.5)
    assert control.field.value() == pytest.approx(11.5)
    control.field.setValue(3.0)
    assert panel.session.active_tool.options.radius_mm == pytest.approx(3.0)
    before = control.slider.value()
    control.slider.setValue(before + 40)
    assert panel.session.active_tool.options.radius_mm > 3.0
