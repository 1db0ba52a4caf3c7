"""Looking: the crosshair, the active label, Esc."""

from __future__ import annotations

import pytest

from app.model.action import Context
from app.model.session import Session
from app.tools.base import Pointer
from app.tools.registry import tool_actions
from app.tools.toolbox import Toolbox
from engine.core.errors import InputError
from tests.support.actions import NoWindow, run
from tests.support.cases import SMALL, a_case, random_labels

ACTIONS = tool_actions()


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case(labels=random_labels(SMALL.shape_zyx)))
    Toolbox(session)
    return session


def at(z, y, x, **keys) -> Pointer:
    return Pointer((z, y, x), 0, "axial", **keys)


def test_click_and_drag_move_the_crosshair(session):
    tool = session.active_tool
    tool.press(at(3, 4.4, 5.6))
    assert session.cursor_zyx == (3, 4, 6)
    tool.move(at(3, 99, -5))
    assert session.cursor_zyx == (3, 24, 0)
    assert tool.release(at(2, 7.5, 7.49)) is None
    assert session.cursor_zyx == (2, 8, 7)


def test_ctrl_click_takes_the_label_under_the_mouse(session):
    said = []
    session.message.connect(said.append)
    for label_id in range(6):
        z, y, x = (int(v[0]) for v in (session.case.labels.data == label_id).nonzero())
        before = session.label_id
        session.active_tool.press(at(z, y, x, ctrl=True))
        session.active_tool.move(at(0, 0, 0, ctrl=True))
        assert session.label_id == (label_id or before)
    assert said[0] == "There is no label here."
    assert said[-1] == "Active label: Effusion."
    assert session.cursor_zyx == (6, 12, 15)


def test_number_keys_take_labels_by_their_place_in_the_list(session):
    assert run(ACTIONS, "4", session) is None
    assert session.label_id == 4
    assert run(ACTIONS, "0", session) is None
    assert session.label_id == 0
    assert "no label 6" in run(ACTIONS, "6", session)
    session.case.labelset = session.case.labelset.without(1)
    assert run(ACTIONS, "1", session) is None
    assert session.label_id == 2
    assert "no label 5" in run(ACTIONS, "5", session)


def test_the_next_label_comes_round(session):
    seen = []
    for _ in range(6):
        run(ACTIONS, "`", session)
        seen.append(session.label_id)
    assert seen == [4, 5, 1, 2, 3, 4]
    session.set_label(0)
    run(ACTIONS, "`", session)
    assert session.label_id == 1


def test_keys_say_that_a_case_is_missing():
    session = Session()
    for key in ("1", "0", "`", "B", "E", "Esc"):
        assert "Open a case" in run(ACTIONS, key, session)


def test_letters_take_up_tools_and_esc_comes_back(session):
    for key, tool in (("B", "brush"), ("E", "eraser"), ("Esc", "navigate")):
        assert run(ACTIONS, key, session) is None
        assert session.tool == tool


def test_esc_first_drops_the_stroke_in_the_air(session):
    run(ACTIONS, "B", session)
    session.active_tool.press(at(3, 4, 5))
    run(ACTIONS, "Esc", session)
    assert session.preview is None
    assert session.tool == "brush"
    run(ACTIONS, "Esc", session)
    assert session.tool == "navigate"


def test_an_unknown_tool_is_named_with_the_nearest(session):
    with pytest.raises(InputError, match="brush"):
        Toolbox(session).get("brus")


def test_the_tool_in_hand_is_marked(session):
    context = Context(session, NoWindow(), NoWindow())
    taken = [a.id for a in ACTIONS if a.checked is not None and a.checked(context)]
    assert taken == ["tool.navigate"]


def test_keys_that_have_nothing_to_act_on_do_nothing():
    """The window greys them out; a key that comes all the same must not fall over."""
    session = Session()
    context = Context(session, NoWindow(), NoWindow())
    for action in ACTIONS:
        action.run(context)
    assert session.case is None
    session.set_case(a_case(labels=random_labels(SMALL.shape_zyx)))
    session.set_label(2)
    Toolbox(session).get("navigate").press(at(-5, 2, 3, ctrl=True))
    assert session.label_id == 2
