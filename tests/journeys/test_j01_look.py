"""Journey 1: drop a folder, a table shows what is inside, Enter opens, everything is linked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.shell.window import PAGE_EMPTY, PAGE_PANES, PAGE_SERIES
from engine.geometry.hu import MEDIASTINUM
from tests.support.dicom_corpus import Series
from tests.support.models import quick_chest
from tests.support.panes import turn_wheel
from tests.support.window import Bench, chest_file

pytestmark = pytest.mark.journey


@pytest.fixture
def two_series(tmp_path: Path) -> Path:
    """A folder with a chest and a short series beside it."""
    hu, _, _ = quick_chest((30, 64, 64))
    chest = Series(hu, (2.5, 5.0, 5.0))
    for ds in chest.slices:
        ds.SeriesDescription = "Thorax 2.5"
    chest.write(tmp_path / "study" / "a")
    short = Series(hu[:3], (10.0, 5.0, 5.0))
    for ds in short.slices:
        ds.SeriesDescription = "Short"
    short.write(tmp_path / "study" / "b")
    return tmp_path / "study"


def test_dropped_folder_lists_its_series_and_enter_opens_the_chest(
    bench: Callable[..., Bench], two_series: Path
) -> None:
    b = bench()
    assert b.window.pages.currentIndex() == PAGE_EMPTY
    b.drop(two_series)
    b.wait(lambda: b.window.pages.currentIndex() == PAGE_SERIES and b.window.series.table.isVisible())
    picked = b.window.series.picked
    assert picked is not None
    assert picked.slices == 30
    b.wait(lambda: b.window.series.model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is not None)
    b.key(Qt.Key.Key_Return)
    b.wait(lambda: b.session.case is not None and not b.session.loading)
    assert b.window.pages.currentIndex() == PAGE_PANES
    assert b.session.case is not None
    assert b.session.case.volume.grid.shape_zyx == (30, 64, 64)
    assert b.window.recent.studies[0].path == str(two_series)


def test_wheel_keys_and_clicks_are_linked(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench(layout="large")
    b.open(chest_file(tmp_path))
    view = b.pane("axial")
    start = b.session.cursor_zyx
    turn_wheel(view, QPointF(view.rect().center()), 2)
    assert b.session.cursor_zyx[0] != start[0]
    assert b.session.cursor_zyx[1:] == start[1:]
    b.key(Qt.Key.Key_F3)
    assert b.session.window == MEDIASTINUM
    goal = (b.session.cursor_zyx[0], 20, 50)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, b.pixel_of(goal))
    assert np.abs(np.subtract(b.session.cursor_zyx, goal)).max() <= 1
    assert b.pane("sagittal").index == b.session.cursor_zyx[2]
    assert b.pane("coronal").index == b.session.cursor_zyx[1]
    b.window.workspace.shut_down()


@pytest.mark.slow
def test_the_surfaces_are_spun_with_the_mouse(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench(layout="large")
    b.open(chest_file(tmp_path))
    b.pane().setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 35, 40))
    volume = b.window.workspace.volume
    assert volume is not None
    b.wait(lambda: volume.frame is not None and volume.frame.triangles > 0)
    before, middle = volume.camera.axes[2], volume.rect().center()
    QTest.mousePress(volume, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    for step in (10, 25, 45):
        QTest.mouseMove(volume, middle + QPoint(step, 0))
    QTest.mouseRelease(volume, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle + QPoint(45, 0))
    after = volume.camera.axes[2]
    assert np.degrees(np.arccos(np.clip(np.dot(before, after), -1, 1))) > 10
    assert abs(after[2] - before[2]) < 0.05, "a level drag turns about the long axis of the body"
    b.window.workspace.shut_down()


def test_opening_something_else_keeps_the_window_alive(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\x03\x04 no zip at all")
    b.window.open_path(bad)
    b.qtbot.waitUntil(lambda: bool(b.problems), timeout=10_000)
    assert b.problems[0].what
    assert b.problems[0].fix
    assert b.session.case is not None
    b.problems.clear()
