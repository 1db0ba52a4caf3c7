"""Brush and eraser as the person meets them."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Overlay, Session
from app.tools.base import Pointer
from app.tools.painting import circle
from app.tools.registry import tool_actions
from app.tools.toolbox import Toolbox
from engine.geometry.box import Box
from tests.support.actions import run
from tests.support.cases import SMALL, a_case
from tests.support.grids import oblique_grid

ACTIONS = tool_actions()


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


@pytest.mark.parametrize("tool", ["brush", "eraser"])
@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda s: s.set_case(None), "Open a case"),
        (lambda s: setattr(s, "loading", True), "still being read"),
        (lambda s: s.set_overlay(Overlay(hidden=True)), "hidden"),
        (lambda s: change(s, 3, locked=True), "“Ground-glass” is locked"),
        (lambda s: change(s, 3, visible=False), "“Ground-glass” is hidden"),
        (lambda s: setattr(s, "_label_id", 77), "No label is active"),
    ],
)
def test_a_press_that_would_do_nothing_says_why(session, tool, prepare, words):
    session.set_tool(tool)
    if tool == "eraser":
        session.active_tool.options.erase = "active"
    prepare(session)
    said = []
    session.message.connect(said.append)
    assert words in session.active_tool.reason_against(at(6, 12, 15))
    session.active_tool.press(at(6, 12, 15))
    assert words in said[0]
    assert session.active_tool.release(at(6, 12, 15)) is None
    outline = session.active_tool.outline(at(6, 12, 15))
    assert outline is None or outline.forbidden


def change(session, label_id, **fields) -> None:
    session.case.labelset = session.case.labelset.changing(label_id, **fields)


def test_the_eraser_says_when_every_label_is_locked(session):
    for label in session.case.labelset:
        change(session, label.id, locked=True)
    session.set_tool("eraser")
    assert "Every label is locked" in session.active_tool.reason_against(at(6, 12, 15))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_outline_is_a_circle_in_millimetres_on_any_grid(session, axis):
    grid = oblique_grid()
    session.set_case(a_case(grid))
    session.active_tool.options.radius_mm = 5.5
    outline = session.active_tool.outline(at(4.0, 6.3, 5.1, axis))
    away = np.linalg.norm(grid.to_lps(outline.points_zyx) - grid.to_lps((4.0, 6.3, 5.1)), axis=1)
    assert away == pytest.approx(5.5, abs=1e-9)
    assert outline.points_zyx[0] == outline.points_zyx[-1]
    assert {p[axis] for p in outline.points_zyx} == {(4.0, 6.3, 5.1)[axis]}
    assert outline.text.startswith("5.5 mm")
    assert not outline.forbidden


def test_the_outline_names_what_restricts_the_brush(session):
    session.active_tool.options.only_range = True
    session.active_tool.options.over = "empty"
    assert session.active_tool.outline(at(6, 12, 15)).text == "6 mm · −750…−300 HU, empty only"
    assert session.active_tool.outline(at(6, 12, 15, ctrl=True)).text == "6 mm · erase"


def test_what_is_inside_the_outline_is_what_is_painted(session):
    session.active_tool.options.radius_mm = 4.3
    ring = np.array(circle((6.0, 12.4, 15.2), 0, 4.3, SMALL.spacing_zyx_mm))
    stroke(session, at(6.0, 12.4, 15.2))
    box = Box.of_mask(labels(session) == 3)
    assert (np.ceil(ring.min(axis=0)).astype(int) == box.start_zyx).all()
    assert (np.floor(ring.max(axis=0)).astype(int) + 1 == box.stop_zyx).all()


def test_keys_change_size_and_shape(session):
    told = []
    session.options_changed.connect(told.append)
    options = session.active_tool.options
    assert run(ACTIONS, "]", session) is None
    assert options.radius_mm == 7.0
    assert run(ACTIONS, "[", session) is None
    assert options.radius_mm == 6.0
    for _ in range(40):
        run(ACTIONS, "[", session)
    assert options.radius_mm == 0.5
    assert run(ACTIONS, "]", session) is None
    assert options.radius_mm == 1.0
    for _ in range(60):
        run(ACTIONS, "]", session)
    assert options.radius_mm == 60.0
    assert run(ACTIONS, "D", session) is None
    assert options.shape == "ball"
    assert run(ACTIONS, "D", session) is None
    assert options.shape == "disc"
    assert set(told) == {"brush"}
    session.set_tool("navigate")
    assert "Take the brush" in run(ACTIONS, "]", session)
    assert "Take the brush" in run(ACTIONS, "D", session)


def test_undo_changes_neither_tool_nor_label(session):
    stroke(session, at(6, 12, 15))
    session.set_tool("eraser")
    session.set_label(5)
    session.case.history.undo()
    assert (session.tool, session.label_id) == ("eraser", 5)


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
