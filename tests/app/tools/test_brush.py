"""The brush as the person meets it."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from tests.support.cases import a_case


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


def test_a_click_paints_a_disc_of_the_radius_in_one_slice(session):
    session.active_tool.options.radius_mm = 4.0
    stroke(session, at(6, 12, 15))
    assert set(np.unique(labels(session))) == {0, 3}
    assert np.flatnonzero(labels(session).any(axis=(1, 2))).tolist() == [6]
    assert labels(session)[6].any(axis=1).sum() == 2 * int(4 / 0.8) + 1
    assert labels(session)[6].any(axis=0).sum() == 2 * int(4 / 1.1) + 1
    assert session.case.history.steps[0].title == "Brush: Ground-glass"
    assert session.case.history.steps[0].author == "you"


def test_the_stroke_is_seen_before_it_is_done(session):
    seen = []
    session.preview_changed.connect(seen.append)
    tool = session.active_tool
    tool.options.radius_mm = 2.0
    tool.press(at(6, 12, 5))
    tool.move(at(6, 12, 25))
    assert not labels(session).any()
    preview = session.preview
    assert (preview.values[:, 12 - preview.box.start_zyx[1]] == 3).sum() >= 20
    tool.move(at(6, 12, 26))
    assert seen[-1].shape[2] < 8  # only the last piece is repainted
    change = tool.release(at(6, 12, 26))
    assert session.preview is None
    assert change is not None


def test_ctrl_takes_away_the_active_label_only(session):
    tool = session.active_tool
    tool.options.radius_mm = 30
    stroke(session, at(6, 12, 15))
    session.set_label(4)
    tool.options.radius_mm = 3
    stroke(session, at(6, 12, 15))
    session.set_label(3)
    tool.options.radius_mm = 30
    stroke(session, at(6, 12, 15, ctrl=True))
    assert set(np.unique(labels(session))) == {0, 4}
    assert session.case.history.steps[-1].title == "Erase: Ground-glass"


def test_the_brush_keeps_to_a_range_and_to_empty_voxels(session):
    tool = session.active_tool
    tool.options.radius_mm = 60
    tool.options.shape = "ball"
    tool.options.only_range = True
    tool.options.low_hu, tool.options.high_hu = -900, -700
    stroke(session, at(6, 12, 15))
    hu = session.case.volume.hu
    lung = (hu >= -900) & (hu <= -700)
    assert ((labels(session) == 3) == lung).all()
    tool.options.only_range = False
    tool.options.over = "empty"
    session.set_label(4)
    stroke(session, at(6, 12, 15))
    assert ((labels(session) == 3) == lung).all()
    tool.options.over = "labelled"
    session.set_label(5)
    session.case.history.undo()
    stroke(session, at(6, 12, 15))
    assert ((labels(session) == 5) == lung).all()


def test_label_0_erases_with_the_brush(session):
    stroke(session, at(6, 12, 15))
    session.set_label(0)
    session.active_tool.options.radius_mm = 60
    stroke(session, at(6, 12, 15))
    assert not labels(session).any()


def change(session, label_id, **fields) -> None:
    session.case.labelset = session.case.labelset.changing(label_id, **fields)


def test_the_outline_names_what_restricts_the_brush(session):
    session.active_tool.options.only_range = True
    session.active_tool.options.over = "empty"
    assert session.active_tool.outline(at(6, 12, 15)).text == "6 mm · −750…−300 HU, empty only"
    assert session.active_tool.outline(at(6, 12, 15, ctrl=True)).text == "6 mm · erase"
