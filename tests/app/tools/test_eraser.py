"""The eraser as the person meets it."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from tests.support.cases import SMALL, a_case


def at(z, y, x, axis=0, **keys) -> Pointer:
    return Pointer((z, y, x), axis, ("axial", "coronal", "sagittal")[axis], **keys)


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case())
    Toolbox(session)
    session.set_tool("brush")
    return session


def stroke(session, *points) -> None:
    tool = session.active_tool
    tool.press(points[0])
    for point in points[1:]:
        tool.move(point)
    session.case.history.apply(tool.release(points[-1]))


def labels(session) -> np.ndarray:
    return session.case.labels.data


def test_the_eraser_spares_other_labels_if_told_and_paints_with_ctrl(session):
    tool = session.active_tool
    tool.options.radius_mm = 60
    stroke(session, at(6, 12, 15))
    session.set_label(4)
    tool.options.radius_mm = 4
    stroke(session, at(6, 12, 15))
    fours = labels(session) == 4
    session.set_tool("eraser")
    eraser = session.active_tool
    eraser.options.radius_mm = 60
    eraser.options.erase = "active"
    stroke(session, at(6, 12, 15))
    assert not (labels(session) == 4).any()
    assert ((labels(session) == 0) == (fours | (np.arange(12) != 6)[:, None, None])).all()
    eraser.options.erase = "all"
    stroke(session, at(6, 12, 15))
    assert not labels(session).any()
    stroke(session, at(6, 12, 15, ctrl=True))
    assert (labels(session)[6] == 4).all()


def test_the_eraser_leaves_what_cannot_be_seen(session):
    session.active_tool.options.radius_mm = 60
    session.set_label(1)
    stroke(session, at(6, 12, 15))
    session.case.labelset = session.case.labelset.changing(1, visible=False)
    session.set_tool("eraser")
    session.active_tool.options.radius_mm = 60
    stroke(session, at(6, 12, 15))
    assert (labels(session)[6] == 1).all()


def change(session, label_id, **fields) -> None:
    session.case.labelset = session.case.labelset.changing(label_id, **fields)


def test_the_eraser_says_when_every_label_is_locked(session):
    for label in session.case.labelset:
        change(session, label.id, locked=True)
    session.set_tool("eraser")
    assert "Every label is locked" in session.active_tool.reason_against(at(6, 12, 15))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("erase", ["all", "active"])
def test_the_eraser_can_leave_the_lung_that_is_nearest(session, axis, erase):
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    data[:, :, 3:14], data[:, :, 17:28] = 1, 2
    data[4:8, 8:16, 5:9] = data[4:8, 8:16, 20:24] = 3
    data[4:8, 8:16, 9:11] = 4
    session.set_case(a_case(labels=data))
    session.set_tool("eraser")
    options = session.active_tool.options
    options.radius_mm, options.shape, options.leave, options.erase = 60, "ball", "lung", erase
    where = at(6, 12, 7, axis)
    assert session.active_tool.outline(where).text.endswith("→ Right lung")
    stroke(session, where)
    expected = np.where((data == 3) | ((data == 4) & (erase == "all")), 1, data)
    assert (labels(session) == expected).all()
    session.case.history.undo()
    options.radius_mm = 8
    stroke(session, at(6, 12, 21, axis))
    assert (labels(session)[4:8, 8:16, 20:24] == 2).any()
    assert not (labels(session)[:, :, 17:] == 1).any()


def test_without_a_lung_nearby_the_eraser_leaves_nothing(session):
    stroke(session, at(6, 12, 15))
    session.set_tool("eraser")
    session.active_tool.options.leave = "lung"
    stroke(session, at(6, 12, 15))
    assert not labels(session).any()
    data = np.full(SMALL.shape_zyx, 3, np.uint8)
    data[:, :, 0] = 1
    session.set_case(a_case(labels=data))
    change(session, 1, locked=True)
    assert "“Right lung” is locked" in session.active_tool.reason_against(at(6, 12, 15))
