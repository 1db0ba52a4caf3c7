"""Drawing around something."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from tests.support.cases import SMALL, a_case

RING = [(2.5, 3.5), (2.5, 10.5), (8.5, 10.5), (8.5, 3.5)]


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case())
    Toolbox(session)
    session.set_tool("outline")
    return session


def pointers(axis, ring=RING, **keys):
    return [Pointer(tuple(np.insert(np.array(p), axis, 5.0)), axis, "axial", **keys) for p in ring]


def draw(session, points) -> None:
    tool = session.active_tool
    tool.press(points[0])
    for point in points[1:]:
        tool.move(point)
    session.case.history.apply(tool.release(points[-1]))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_inside_of_the_line_becomes_the_label(session, axis):
    draw(session, pointers(axis))
    expected = np.zeros(SMALL.shape_zyx, np.uint8)
    np.moveaxis(expected, axis, 0)[5][3:9, 4:11] = 3
    assert (session.case.labels.data == expected).all()
    draw(session, pointers(axis, [(a + 2, b + 2) for a, b in RING], ctrl=True))
    np.moveaxis(expected, axis, 0)[5][5:9, 6:11] = 0
    assert (session.case.labels.data == expected).all()
    assert [s.title for s in session.case.history.steps] == ["Outline: Ground-glass", "Erase: Ground-glass"]


def test_the_line_is_seen_while_it_is_drawn_and_stays_in_its_slice(session):
    tool = session.active_tool
    points = pointers(0)
    assert tool.outline(points[0]) is None
    tool.press(points[0])
    tool.move(points[1])
    tool.move(points[1])
    tool.move(Pointer((7.0, 8.5, 10.5), 0, "axial"))
    tool.move(Pointer((7.0, 8.5, 20.5), 1, "coronal"))
    line = tool.outline(points[1])
    assert line.points_zyx == ((5.0, 2.5, 3.5), (5.0, 2.5, 10.5), (5.0, 8.5, 10.5), (5.0, 2.5, 3.5))
    assert tool.outline(Pointer((5, 5, 5), 1, "coronal")) is None
    tool.cancel()
    assert tool.outline(points[1]) is None
    assert tool.release(points[1]) is None


def test_label_0_erases_everything_but_locked_labels(session):
    data = np.full(SMALL.shape_zyx, 2, np.uint8)
    data[5, :, 5] = 4
    session.set_case(a_case(labels=data))
    session.case.labelset = session.case.labelset.changing(4, locked=True)
    session.set_label(0)
    draw(session, pointers(0))
    inside = session.case.labels.data[5, 3:9, 4:11]
    assert (inside == np.where(np.arange(4, 11) == 5, 4, 0)).all()
    session.set_label(4)
    said = []
    session.message.connect(said.append)
    draw(session, pointers(0))
    assert "locked" in said[0]


def test_a_line_around_nothing_changes_nothing(session):
    draw(session, pointers(0, [(2, 3), (2, 9)]))
    assert not session.case.history.steps


def click(session, at) -> None:
    """Press and release without moving, as the view does it."""
    session.active_tool.press(at)
    session.case.history.apply(session.active_tool.release(at))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("last", ["first corner", "double click"])
def test_clicks_from_corner_to_corner_fill_the_same_as_a_line(session, axis, last):
    corners = pointers(axis)
    for corner in corners:
        click(session, corner)
        assert not session.case.history.steps
    click(session, corners[0] if last == "first corner" else corners[-1])
    expected = np.zeros(SMALL.shape_zyx, np.uint8)
    np.moveaxis(expected, axis, 0)[5][3:9, 4:11] = 3
    assert (session.case.labels.data == expected).all()
    click(session, corners[0])  # a new one begins
    assert len(session.case.history.steps) == 1


def test_a_trembling_click_sets_one_corner(session):
    tool = session.active_tool
    for corner in pointers(0):
        z, y, x = corner.index_zyx
        tool.press(corner)
        tool.move(Pointer((z, y + 0.3, x), 0, "axial"))
        assert tool.release(Pointer((z, y + 0.3, x - 0.2), 0, "axial")) is None
    click(session, pointers(0)[0])
    assert 40 <= int((session.case.labels.data == 3).sum()) <= 49


def test_the_line_reaches_to_the_mouse_between_corners_and_not_in_other_slices(session):
    tool = session.active_tool
    corners = pointers(0)
    click(session, corners[0])
    click(session, corners[1])
    line = tool.outline(corners[2])
    assert line.points_zyx == tuple(c.index_zyx for c in (*corners[:3], corners[0]))
    assert tool.outline(Pointer((6.0, 4.0, 4.0), 0, "axial")) is None
    click(session, Pointer((6.0, 4.0, 4.0), 0, "axial"))  # a click in another slice begins there
    assert tool.outline(Pointer((6.0, 5.0, 9.0), 0, "axial")).points_zyx[0] == (6.0, 4.0, 4.0)


@pytest.mark.parametrize("how", ["cancel", "tool", "case"])
def test_esc_another_tool_and_another_case_drop_the_corners(session, how):
    tool = session.active_tool
    corners = pointers(0)
    for corner in corners[:3]:
        click(session, corner)
    if how == "cancel":
        tool.cancel()
    elif how == "tool":
        session.set_tool("brush")
        session.set_tool("outline")
    else:
        session.set_case(a_case(seed=2))
    assert tool.outline(corners[0]) is None
    click(session, corners[0])
    assert not session.case.history.steps


def test_two_corners_close_nothing(session):
    first, second, *_ = pointers(0)
    for at in (first, second, second, second):
        click(session, at)
    assert not session.case.history.steps


def test_corners_erase_with_ctrl_at_the_first(session):
    draw(session, pointers(0))
    inner = pointers(0, [(a + 2, b + 2) for a, b in RING])
    click(session, pointers(0, [(a + 2, b + 2) for a, b in RING], ctrl=True)[0])
    for corner in (*inner[1:], inner[0]):
        click(session, corner)
    assert session.case.history.steps[-1].title == "Erase: Ground-glass"
