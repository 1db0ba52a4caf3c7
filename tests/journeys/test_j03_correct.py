"""Journey 3: B paints, E erases, Ctrl+Z takes back, locked labels never change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support.window import Bench, chest_file

pytestmark = pytest.mark.journey

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def voxels_found(b: Bench) -> int:
    """Return the voxels of ground-glass as the findings panel counts them."""
    findings = b.window.docks.panels["findings"].findings  # type: ignore[attr-defined]
    return findings.by_key("ground_glass").voxels if findings is not None else -1


def test_brush_eraser_undo_redo(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    case = b.session.case
    assert case is not None
    z = b.session.cursor_zyx[0]
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    assert b.session.tool == "brush"
    b.paint((z, 25, 20), (z, 25, 28))
    painted = case.labels.data.copy()
    assert painted[z, 25, 24] == 3
    assert case.labels.counts[3] == np.count_nonzero(painted == 3) > 0
    b.key(Qt.Key.Key_E)
    b.paint((z, 25, 24))
    assert case.labels.data[z, 25, 24] == 0
    assert case.history.done == 2
    b.key(Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(case.labels.data, painted)
    b.key(Qt.Key.Key_Z, CTRL)
    assert not case.labels.data.any()
    b.key(Qt.Key.Key_Z, CTRL | SHIFT)
    np.testing.assert_array_equal(case.labels.data, painted)
    b.wait(lambda: b.window.docks.panels["history"].list.count() == 3)  # type: ignore[attr-defined]
    expected = np.count_nonzero(painted == 3)
    b.wait(lambda: voxels_found(b) == expected)


def test_locked_label_is_left_alone(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    case = b.session.case
    assert case is not None
    z = b.session.cursor_zyx[0]
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    b.paint((z, 25, 20), (z, 25, 28))
    before = case.labels.data.copy()
    b.click(b.window.docks.panels["labels"].rows[3].lock)  # type: ignore[attr-defined]
    assert case.labelset.by_id(3).locked  # type: ignore[union-attr]
    b.key(Qt.Key.Key_4)
    assert b.session.label_id == 4
    b.paint((z, 25, 20), (z, 25, 28))
    np.testing.assert_array_equal(case.labels.data == 3, before == 3)


def test_a_step_of_the_list_goes_there_and_shows_it(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    case = b.session.case
    assert case is not None
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20))
    first = case.labels.data.copy()
    b.session.set_cursor((3, 25, 40))
    b.paint((3, 25, 40))
    history = b.window.docks.panels["history"]
    b.wait(lambda: history.list.count() == 3)  # type: ignore[attr-defined]
    b.click_row(history.list, 1)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(case.labels.data, first)
    assert b.session.cursor_zyx[0] == z


def test_an_outline_is_clicked_from_corner_to_corner(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    assert b.session.case is not None
    view = b.pane()
    view.setFocus()
    b.key(Qt.Key.Key_G)
    z = b.session.cursor_zyx[0]
    corners = [b.pixel_of(voxel) for voxel in ((z, 20, 20), (z, 20, 30), (z, 32, 30))]
    left = Qt.MouseButton.LeftButton
    for corner in corners:
        QTest.mouseMove(view, corner)
        QTest.mouseClick(view, left, Qt.KeyboardModifier.NoModifier, corner)
    b.key(Qt.Key.Key_Escape)
    assert b.session.tool == "outline"
    for corner in corners:
        QTest.mouseMove(view, corner)
        QTest.mouseClick(view, left, Qt.KeyboardModifier.NoModifier, corner)
    assert not b.session.case.history.steps
    QTest.mouseDClick(view, left, Qt.KeyboardModifier.NoModifier, corners[-1])
    QTest.mouseRelease(view, left, Qt.KeyboardModifier.NoModifier, corners[-1])
    (step,) = b.session.case.history.steps
    assert step.title == "Outline: Ground-glass"
    painted = np.argwhere(b.session.case.labels.data == 3)
    assert set(painted[:, 0]) == {z}
    assert (painted[:, 1:].min(axis=0) >= (19, 20)).all()
    assert (painted[:, 1:].max(axis=0) <= (32, 31)).all()
    assert 45 <= len(painted) <= 90  # half of 10 x 12
