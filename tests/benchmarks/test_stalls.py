"""The longest stall of the window's thread in journeys 1, 3 and 5 on 512 × 512 × 300. Bar: 100 ms on a quiet machine.

.venv/bin/python -m pytest tests/benchmarks/test_stalls.py -m benchmark -s
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from engine.case.delta import Delta
from engine.geometry.box import Box
from engine.io.masks.write import write_volume
from tests.support.heartbeat import Heartbeat
from tests.support.models import quick_chest
from tests.support.panes import turn_wheel
from tests.support.window import Bench

pytestmark = pytest.mark.benchmark
CTRL = Qt.KeyboardModifier.ControlModifier


def test_longest_stall(qtbot: Any, tmp_path: Path) -> None:
    small, grid, _ = quick_chest((60, 128, 128), (5.0, 2.8, 2.8))
    hu = np.kron(small, np.ones((5, 4, 4), np.int16))
    source = write_volume(tmp_path / "chest.nii", hu, grid.resized((1.0, 0.7, 0.7)))
    b = Bench(qtbot, layout="grid")
    beat = Heartbeat()
    beat.start()
    beat.doing = "open"
    b.open(source)
    case = b.session.case
    assert case is not None
    view = b.pane("axial")
    beat.doing = "wheel"
    for k in range(40):
        turn_wheel(view, QPointF(view.rect().center()), 1 if k < 20 else -1)
        qtbot.wait(1)
    beat.doing = "brush"
    view.setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    for k in range(10):
        b.paint((z, 200 + 8 * k, 120), (z, 260, 200))
        qtbot.wait(60)
    beat.doing = "segmentation applied"
    labels = np.zeros(hu.shape, np.uint8)
    labels[hu < -700] = 1
    change = Delta.between(case.labels, Box.whole(hu.shape), labels, title="All", author="model")
    beat.start()  # the line above is a job's work, not the window's
    case.history.apply(change)
    qtbot.wait(500)
    beat.doing = "undo and redo of it"
    for key in (CTRL, CTRL | Qt.KeyboardModifier.ShiftModifier):
        b.key(Qt.Key.Key_Z, key)
        qtbot.wait(300)
    beat.doing = "export"
    b.key(Qt.Key.Key_E, CTRL)
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.go.click()
    b.wait(lambda: dialog.is_done, 120_000)
    dialog.accept()
    beat.doing = "close"
    beat.stop()
    b.close()
    print(f"\nlongest stall {beat.longest_ms:.0f} ms, of its own work {beat.longest_own_ms:.0f} ms")
    for doing, silence, work in beat.stalls:
        print(f"  {doing}: {silence:.0f} ms, {work:.0f} ms of its own")
