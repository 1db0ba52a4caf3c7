"""What brush and eraser share: outline, keys, and words when a press would do nothing."""

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
