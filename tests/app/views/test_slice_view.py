"""One slice pane: what is on the screen, pixel by pixel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRect

from app.model.session import PLANES, Overlay, Preview, Session, Slab
from app.views.slice_view import SliceView
from engine.case.delta import Delta, LabelSetChange
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.hu import Window
from tests.support.panes import FLAT, SHAPE, a_case, painted

MakePane = Callable[..., SliceView]


def voxel_colour(view: SliceView, index: tuple[int, int, int]) -> list[int]:
    at = view.pixel_of(index)
    ratio = view.devicePixelRatioF()
    return painted(view)[int(at.y() * ratio), int(at.x() * ratio)].tolist()


def away_from(session: Session, index: tuple[int, int, int]) -> None:
    """Put the crosshair on the slice of a voxel but far from it."""
    session.set_cursor(index)


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("plane", PLANES)
def test_a_pixel_shows_the_stored_value_through_the_window(
    session: Session, pane: MakePane, plane: str, smooth: bool
) -> None:
    hu = np.full(SHAPE, -1000, np.int16)
    hu[5:8, 8:13, 10:16] = 200
    view = pane(plane)
    session.set_interpolate(smooth)
    session.set_window(Window(0, 2000))
    session.set_case(a_case(hu=hu))
    session.set_cursor((7, 12, 15))
    grey = round(255 * 1200 / 2000)
    probe = {"axial": (7, 10, 12), "coronal": (6, 12, 12), "sagittal": (6, 10, 15)}[plane]
    assert voxel_colour(view, probe) == pytest.approx([grey] * 3, abs=1)
    far = {"axial": (7, 3, 4), "coronal": (1, 12, 4), "sagittal": (1, 3, 15)}[plane]
    assert voxel_colour(view, far) == [0, 0, 0]


def test_every_voxel_is_its_own_square_when_smoothing_is_off(session: Session, pane: MakePane) -> None:
    rng = np.random.default_rng(2)
    hu = rng.integers(-1000, 1000, SHAPE).astype(np.int16)
    view = pane("axial", (640, 500))
    session.set_interpolate(False)
    session.set_window(Window(0, 2000))
    session.set_case(a_case(hu=hu))
    session.set_cursor((4, 0, 0))
    picture = painted(view)
    for y in range(3, SHAPE[1] - 3):
        for x in range(4, SHAPE[2] - 4):
            at = view.pixel_of((4, y, x))
            grey = round(255 * (int(hu[4, y, x]) + 1000) / 2000)
            assert abs(int(picture[int(at.y()), int(at.x())][0]) - grey) <= 1, (y, x)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("turned", [(0, 1, 2), (2, 0, 1)])
def test_right_of_the_patient_is_left_on_screen_whatever_the_source(
    session: Session, pane: MakePane, plane: str, turned: tuple[int, int, int]
) -> None:
    """A bright block at the patient's right, front and head is seen at the left and the top."""
    rows = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])[list(turned)]
    grid = Grid((14, 16, 18), (1.0, 1.1, 1.2), (0.0, 0.0, 0.0), tuple(tuple(r) for r in rows.tolist()))  # type: ignore[arg-type]
    points = grid.to_lps(np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape_zyx), indexing="ij"), -1))
    inner = points - np.array(grid.centre_lps)
    hu = np.where((inner[..., 0] < 0) & (inner[..., 1] < 0) & (inner[..., 2] > 0), 1000, -1000).astype(np.int16)
    view = pane(plane, (300, 300))
    session.set_window(Window(0, 100))
    session.set_case(a_case(grid=grid, hu=hu))
    session.set_cursor(tuple(int(v) for v in np.argwhere(hu > 0)[len(np.argwhere(hu > 0)) // 2]))
    picture = painted(view).astype(int).sum(axis=2)
    bright = np.argwhere(picture == 765)
    middle = view.pixel_of(tuple(n // 2 for n in grid.shape_zyx))  # type: ignore[arg-type]
    expected_left = {"axial": True, "coronal": True, "sagittal": True}[plane]
    assert (bright[:, 1].mean() < middle.x()) == expected_left
    assert bright[:, 0].mean() < middle.y()


def test_fill_and_outline_have_the_labels_colour(session: Session, pane: MakePane) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[5, 6:14, 8:18] = 1
    view = pane("axial", (640, 500))
    session.set_window(Window(2000, 100))
    session.set_overlay(Overlay(opacity=0.5))
    session.set_case(a_case(labels=labels, labelset=FLAT))
    session.set_cursor((5, 0, 0))
    assert voxel_colour(view, (5, 10, 12)) == pytest.approx([128, 0, 0], abs=1)
    at = view.pixel_of((5, 6, 12))
    border = round(at.y() - view.viewport.scale * 0.8 / 2)
    across = painted(view)[border - 2 : border + 3, int(at.x())].tolist()
    assert [255, 0, 0] in across
    assert [0, 0, 0] in across
    assert voxel_colour(view, (5, 4, 12)) == [0, 0, 0]
    session.set_overlay(Overlay(hidden=True))
    assert voxel_colour(view, (5, 10, 12)) == [0, 0, 0]


def test_changed_colours_and_visibility_are_seen_at_once(session: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    session.set_window(Window(2000, 100))
    session.set_overlay(Overlay(opacity=1.0))
    case = a_case(labels=np.ones(SHAPE, np.uint8), labelset=FLAT)
    session.set_case(case)
    assert voxel_colour(view, (6, 4, 4)) == [255, 0, 0]
    green = case.labelset.changing(1, colour="#00ff00")
    case.history.apply(LabelSetChange(case.labelset, green, "Colour"))
    assert voxel_colour(view, (6, 4, 4)) == [0, 255, 0]
    case.history.apply(LabelSetChange(green, green.changing(1, visible=False), "Hide"))
    assert voxel_colour(view, (6, 4, 4)) == [0, 0, 0]
    case.history.undo()
    assert voxel_colour(view, (6, 4, 4)) == [0, 255, 0]


def test_a_stroke_repaints_only_its_rectangle_and_rightly(
    session: Session, pane: MakePane, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    view = pane("axial", (640, 500))
    case = a_case(labelset=FLAT)
    session.set_case(case)
    session.set_cursor((5, 0, 0))
    before = painted(view)
    asked: list[QRect] = []
    original = view.update

    def update(*args: Any) -> None:
        asked.append(args[0] if args else view.rect())
        original(*args)

    monkeypatch.setattr(view, "update", update)
    drawn = view.times_drawn
    box = Box((4, 8, 10), (6, 11, 14))
    session.set_preview(Preview(box, np.ones(box.shape, np.uint8)))
    after = painted(view)
    assert view.times_drawn == drawn, "the whole picture was drawn again"
    changed = np.argwhere((after != before).any(axis=2))
    low, high = view.pixel_of((5, 8, 10)), view.pixel_of((5, 10, 13))
    assert changed[:, 0].min() > low.y() - view.viewport.scale * 0.8
    assert changed[:, 0].max() < high.y() + view.viewport.scale * 0.8
    sizes = [r.size() if isinstance(r, QRect) else r.boundingRect().size() for r in asked]
    assert sum(s.width() * s.height() for s in sizes) < 0.35 * 640 * 500
    session.overlay_changed.emit()
    np.testing.assert_array_equal(painted(view), after)


@pytest.mark.parametrize("smooth", [True, False])
def test_repainting_a_part_gives_the_same_pixels_as_repainting_all(
    session: Session, pane: MakePane, smooth: bool
) -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, SHAPE).astype(np.uint8)
    view = pane("coronal", (501, 333))
    session.set_interpolate(smooth)
    case = a_case(labels=labels, labelset=FLAT)
    session.set_case(case)
    session.set_cursor((6, 10, 0))
    view.zoom(1.37)
    painted(view)
    for seed in range(5):
        low = rng.integers(0, (6, 10, 13))
        box = Box(tuple(int(v) for v in low), tuple(int(v) + 5 for v in low))  # type: ignore[arg-type]
        after = np.random.default_rng(seed).integers(0, 3, box.shape).astype(np.uint8)
        case.history.apply(Delta.between(case.labels, box, after, title="x"))
    part = painted(view)
    session.interpolate_changed.emit()
    np.testing.assert_array_equal(part, painted(view))


def test_a_change_on_another_slice_paints_nothing(session: Session, pane: MakePane) -> None:
    view = pane("axial")
    case = a_case(labelset=FLAT)
    session.set_case(case)
    session.set_cursor((5, 0, 0))
    before = painted(view)
    box = Box((7, 0, 0), (9, 20, 26))
    case.history.apply(Delta.between(case.labels, box, np.ones(box.shape, np.uint8), title="x"))
    np.testing.assert_array_equal(painted(view), before)
    session.set_cursor((7, 0, 0))
    assert (painted(view) != before).any()


def test_slices_that_arrive_are_drawn(session: Session, pane: MakePane, qtbot: Any) -> None:
    hu = np.full(SHAPE, -1024, np.int16)
    axial, sagittal = pane("axial"), pane("sagittal")
    session.set_interpolate(False)
    session.set_window(Window(0, 100))
    session.set_case(a_case(hu=hu), loading=True)
    session.set_cursor((5, 0, 13))
    assert voxel_colour(axial, (5, 10, 12)) == [0, 0, 0]
    hu[5] = 500
    session.volume_filled.emit(5, 6)
    assert voxel_colour(axial, (5, 10, 12)) == [255, 255, 255]
    qtbot.waitUntil(lambda: voxel_colour(sagittal, (5, 1, 13)) == [255, 255, 255], timeout=2000)


def test_a_slab_is_drawn_and_the_value_told_is_the_stored_one(session: Session, pane: MakePane) -> None:
    hu = np.full(SHAPE, -1000, np.int16)
    hu[6] = 1000
    view = pane("axial", (640, 500))
    session.set_window(Window(0, 100))
    session.set_case(a_case(hu=hu))
    session.set_cursor((5, 3, 3))
    assert voxel_colour(view, (5, 10, 12)) == [0, 0, 0]
    session.set_slab(Slab("mip", 7.5))
    assert voxel_colour(view, (5, 10, 12)) == [255, 255, 255]
    from app.views.annotations import value_text

    assert session.case is not None
    assert value_text(session.case, (5, 10, 12)) == "−1000\u2009HU"


def test_a_pane_without_a_case_is_black_and_does_nothing(session: Session, pane: MakePane) -> None:
    view = pane("axial")
    assert painted(view).max() == 0
    view.show_slice(3)
    view.zoom(2.0)
    view.fit()
    session.set_case(a_case())
    assert painted(view).max() > 0
    session.set_case(None)
    assert painted(view).max() == 0


def test_a_picture_of_the_pane_is_what_is_on_the_screen(session: Session, pane: MakePane) -> None:
    view = pane("axial")
    session.set_case(a_case())
    picture = view.picture().convertToFormat(view.grab().toImage().format())
    assert picture == view.grab().toImage()


def test_another_window_is_drawn_once_however_often_it_changed(session: Session, pane: MakePane, qtbot: Any) -> None:
    view = pane("axial")
    session.set_case(a_case())
    painted(view)
    drawn = view.times_drawn
    for step in range(50):
        session.set_window(replace(session.window, level=session.window.level + step))
    painted(view)
    assert view.times_drawn == drawn + 1


_HIDPI = """
import json, sys
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
app = QApplication([])
from app.model.session import Session
from app.tools.toolbox import Toolbox
from app.views.slice_view import SliceView
from engine.geometry.hu import Window
from tests.support.panes import a_case, painted, FLAT
hu = np.full((12, 20, 26), -1000, np.int16)
hu[:, 8:13, 10:16] = 1000
labels = np.zeros((12, 20, 26), np.uint8)
labels[:, 4:7, 3:8] = 1
session = Session(); Toolbox(session)
view = SliceView(session, "axial", session.find_tool)
view.resize(381, 301); view.show()
session.set_window(Window(0, 100)); session.set_interpolate(False)
session.set_case(a_case(hu=hu, labels=labels, labelset=FLAT)); session.set_cursor((6, 0, 0))
picture = painted(view)
ratio = view.devicePixelRatioF()
def edges(line): return np.flatnonzero(np.diff((line == 255).all(axis=1).astype(int))) + 1
at = view.pixel_of((6, 10, 12))
row = picture[int(at.y() * ratio)]
left = (view.pixel_of((6, 10, 9)).x() + view.pixel_of((6, 10, 10)).x()) / 2
right = (view.pixel_of((6, 10, 15)).x() + view.pixel_of((6, 10, 16)).x()) / 2
red = view.pixel_of((6, 5, 5))
line = picture[int(red.y() * ratio)]
solid = int(((line[:, 0] == 255) & (line[:, 1] == 0)).sum())
found = view.voxel_at(view.pixel_of((6, 10, 12)))
print(json.dumps({"ratio": ratio, "size": picture.shape[:2], "edges": edges(row).tolist(),
                  "expected": [left * ratio, right * ratio], "solid": solid, "found": found}))
"""


@pytest.mark.parametrize("scale", ["1", "1.25", "1.5", "2", "2.5"])
def test_pixels_lie_where_they_should_at_every_screen_scale(scale: str) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", _HIDPI], capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["ratio"] == float(scale)
    assert told["size"] == [pytest.approx(301 * float(scale), abs=1), pytest.approx(381 * float(scale), abs=1)]
    assert told["edges"] == pytest.approx(told["expected"], abs=1.01)
    assert told["found"] == [6, 10, 12]
    # The outline is 1.5 logical pixels wide on both sides of the block, whole pixels of it solid.
    assert told["solid"] == 2 * int(1.5 * float(scale))
