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
