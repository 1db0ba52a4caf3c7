"""An action takes up its tool, is ticked while that is held, and waits for a case."""

from __future__ import annotations

from app.model.action import Context
from app.model.session import Session
from app.tools.choose import tool_action
from tests.support.actions import NoWindow, run
from tests.support.cases import a_case

ACTION = tool_action("brush", "Brush", "Paint.", key="B", icon="brush", toolbar=21)


def test_a_key_takes_up_the_tool_once_there_is_a_case(qapp) -> None:
    session = Session()
    context = Context(session, NoWindow(), NoWindow())
    assert run((ACTION,), "B", session) == "Open a case first."
    assert session.tool == "navigate"
    assert not ACTION.checked(context)
    session.set_case(a_case())
    assert run((ACTION,), "B", session) is None
    assert session.tool == "brush"
    assert ACTION.checked(context)


def test_a_tool_without_a_key_has_none() -> None:
    assert tool_action("x", "X", "Y.", key="", icon="brush", toolbar=0).keys == ()
