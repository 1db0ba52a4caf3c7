"""Cases, wheel turns and pictures for the tests of panes."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.case.document import Case
from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.volume import SeriesInfo, Volume
from engine.core.types import LabelArray
from engine.geometry.grid import Grid

SHAPE = (12, 20, 26)
SPACING = (2.5, 0.8, 0.7)
FLAT = LabelSet((Label(1, "red", "Red", "#ff0000"), Label(2, "blue", "Blue", "#0000ff")))


def a_case(
    shape: tuple[int, int, int] = SHAPE,
    *,
    grid: Grid | None = None,
    labels: LabelArray | None = None,
    labelset: LabelSet | None = None,
    hu: np.ndarray | None = None,
    **volume: Any,
) -> Case:
    """Return a case whose voxel (z, y, x) holds 100 z + 10 y + x − 1000 HU."""
    grid = Grid(shape, SPACING, (-30.0, 12.0, 140.0)) if grid is None else grid
    if hu is None:
        z, y, x = np.ogrid[tuple(slice(n) for n in grid.shape_zyx)]
        hu = (100 * z + 10 * y + x - 1000).astype(np.int16)
    info = SeriesInfo("CT 12 slices 2.5 mm", "synthetic", date="2026-03-14", thickness_mm=2.5)
    return Case(Volume(hu, grid, info, **volume), default_labelset() if labelset is None else labelset, labels)


def turn_wheel(widget: QWidget, at: QPointF, notches: float, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    """Send a real wheel event."""
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def painted(widget: QWidget) -> Any:
    """Return (h, w, 3) uint8 of a widget as it paints itself."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), 2::-1].copy()
