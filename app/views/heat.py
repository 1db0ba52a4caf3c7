"""The heat layer of a slice pane: values on a grid of their own, seen on the pane's slice in colour.

Sampled slice by slice, only where the values reach. Without a layer nothing of this runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.look.ramp import STEPS, ramp_argb
from app.model.heat import Heat
from app.views.colours import HALO
from app.views.frame import Patch, PlaneFrame
from app.views.viewport import Viewport
from engine.geometry.box import Box
from engine.geometry.resample import probabilities_to

Values = NDArray[np.float32]

_RING_PX = 7.0
_RING = QColor(255, 255, 255, 235)


@dataclass(frozen=True, eq=False)
class HeatSlice:
    """What of a layer lies on a slice.

    Args:
        patch: Which pixels of the slice.
        values: (rows, columns) of them, 0 to 1.
    """

    patch: Patch
    values: Values


def heat_on(heat: Heat, frame: PlaneFrame, index: int) -> HeatSlice | None:
    """Return the values of a layer on a slice of a pane, interpolated; None where it does not reach."""
    pane = frame.ordered
    last = np.array(heat.grid.shape_zyx) - 0.5  # a voxel's whole cell counts
    corners = [[-0.5 if low else end for low, end in zip(which, last, strict=True)] for which in np.ndindex(2, 2, 2)]
    reach = pane.to_index(heat.grid.to_lps(corners))
    low, high = np.floor(reach.min(axis=0)).astype(int), np.ceil(reach.max(axis=0)).astype(int) + 1
    if not low[0] <= index < high[0]:
        return None
    box = Box((index, int(low[1]), int(low[2])), (index + 1, int(high[1]), int(high[2]))).clipped(pane.shape_zyx)
    if box.empty:
        return None
    _, values = next(probabilities_to(heat.values[None], heat.grid, pane.crop(box)))
    (_, top, left), (_, bottom, right) = box.start_zyx, box.stop_zyx
    there = values[0, 0]
    if heat.values.dtype == np.uint8:
        there *= np.float32(1 / 255)
    return HeatSlice(Patch(top, bottom, left, right), there)


class HeatLayer:
    """Draws a layer on the canvas of a pane; keeps the slice it drew last.

    Args:
        frame: The plane.
    """

    def __init__(self, frame: PlaneFrame) -> None:
        self._frame = frame
        self._known: tuple[NDArray[np.float32] | NDArray[np.uint8], int] | None = None
        self._patch = Patch(0, 0, 0, 0)
        self._pixels: NDArray[np.uint32] | None = None

    def draw(self, painter: QPainter, heat: Heat, index: int, slice_rect: QRectF, *, smooth: bool) -> None:
        """Draw what of a layer lies on a slice.

        Args:
            painter: Of the canvas.
            heat: The layer.
            index: Of the slice.
            slice_rect: Where the whole slice lies on the canvas.
            smooth: Between pixels.
        """
        if self._known is None or self._known[0] is not heat.values or self._known[1] != index:
            self._known = (heat.values, index)
            found = heat_on(heat, self._frame, index)
            self._pixels = None if found is None else _coloured(found.values)
            self._patch = self._patch if found is None else found.patch
        if self._pixels is None:
            return
        h, w = self._pixels.shape
        image = QImage(self._pixels.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)  # type: ignore[call-overload]
        row, column = slice_rect.height() / self._frame.rows, slice_rect.width() / self._frame.columns
        left, top = slice_rect.x() + self._patch.left * column, slice_rect.y() + self._patch.top * row
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.setOpacity(heat.opacity)
        painter.drawImage(QRectF(left, top, w * column, h * row), image)
        painter.setOpacity(1.0)


def _coloured(values: Values) -> NDArray[np.uint32]:
    steps = np.rint(np.clip(np.nan_to_num(values), 0.0, 1.0) * (STEPS - 1)).astype(np.uint8)
    return ramp_argb().take(steps)


def draw_place(painter: QPainter, heat: Heat | None, frame: PlaneFrame, viewport: Viewport, index: int) -> None:
    """Ring the voxel a layer is about, in the slice it lies in; without a layer, or a hidden one, nothing."""
    if heat is None or not heat.shown or heat.at_zyx is None:
        return
    at, row, column = frame.from_case(heat.at_zyx)
    if round(at) != index:
        return
    centre = QPointF(*viewport.to_pixel(row, column, frame))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((HALO, 3.5), (_RING, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(centre, _RING_PX, _RING_PX)
    painter.restore()
