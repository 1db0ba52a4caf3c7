"""Shift and wheel: the size of whatever tool has one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.model.session import Session
from app.views.toolsize import resize_tool


@dataclass
class Sized:
    size_mm: float = field(default=2.0, metadata={"low": 1.0, "high": 4.0, "step": 0.5, "label": "Width", "unit": "mm"})


class ATool:
    id = "sized"

    def __init__(self, options: Any) -> None:
        self.options = options


@pytest.fixture
def tool(session: Session) -> ATool:
    made = ATool(Sized())
    session.attach_tools(lambda _: made)
    return made


def test_a_step_is_about_a_fifth_and_never_nothing(session: Session, tool: ATool) -> None:
    assert resize_tool(session, tool, 1) == "Width 2.5\u2009mm"  # type: ignore[arg-type]
    assert resize_tool(session, tool, -1) == "Width 2\u2009mm"  # type: ignore[arg-type]


def test_it_stays_within_the_limits_of_the_option(session: Session, tool: ATool) -> None:
    resize_tool(session, tool, 50)  # type: ignore[arg-type]
    assert tool.options.size_mm == 4.0
    resize_tool(session, tool, -50)  # type: ignore[arg-type]
    assert tool.options.size_mm == 1.0


def test_the_panel_is_told(session: Session, tool: ATool, qtbot: Any) -> None:
    with qtbot.waitSignal(session.options_changed) as told:
        resize_tool(session, tool, 1)  # type: ignore[arg-type]
    assert told.args == ["sized"]


def test_a_tool_without_a_size_and_no_tool_are_left_alone(session: Session) -> None:
    assert resize_tool(session, None, 1) == ""
    assert resize_tool(session, ATool(object()), 1) == ""  # type: ignore[arg-type]
