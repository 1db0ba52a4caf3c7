"""The picture of one slice at the screen's own resolution: greys first, labels over them.

Kept between paints; a scroll makes it anew, a brush stroke only the rectangle it touched. Greys are
smoothed by Qt or sampled as stored; label borders are computed on the screen's pixels, so outlines are
equally thin at every zoom. Whole slice, three panes: see tests/benchmarks/viewer.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QRegion

from app.model.session import Session
from app.views.blend import OUTLINE_PX, Argb, Palette, build_palette, grey_pixels, grey_table, overlay_pixels
from app.views.colours import PANE_BACKGROUND
from app.views.frame import Patch, PlaneFrame
from app.views.heat import HeatLayer
from app.views.overlay import LabelLayer
from app.views.slab import slab_image
from app.views.viewport import Viewport
from engine.case.document import Case
from engine.core.types import HuArray

Scalar = TypeVar("Scalar", bound=np.generic)

_SHRINKS = 0.8  # below this many pixels a voxel, bilinear sampling would leave voxels out


class SlicePicture:
    """The canvas of a pane.

    Args:
        session: What is shown and how.
        case: Its case.
        frame: The plane.
        viewport: Zoom and centre, shared with the pane.
    """

    def __init__(self, session: Session, case: Case, frame: PlaneFrame, viewport: Viewport) -> None:
        self._session = session
        self._case = case
        self._frame = frame
        self._viewport = viewport
        self._ratio = 1.0
        self._canvas = QImage(1, 1, QImage.Format.Format_RGB32)
        self._table: Argb | None = None
        self._palette: Palette | None = None
        self._image: HuArray | None = None
        self._grey = np.zeros((1, 1), dtype=np.uint32)
        self._shrunk: tuple[QRect, QImage] | None = None
        self._kept: tuple[int, int, QRect, Argb] | None = None
        """Label pixels of the whole canvas: a window drag changes only the greys beneath."""
        self._lines: tuple[_Line, _Line] | None = None
        self._layer = LabelLayer(frame)
        self._heat = HeatLayer(frame)
        self._index = -1
        self._stale_image = self._stale_grey = self._stale_labels = self._stale_canvas = True
        self._patch: Patch | None = None
        self.drawn = 0
        """Times the whole canvas was drawn; a flood of wheel steps draws once a paint."""

    # --- what has changed ------------------------------------------------------------------------
    def set_index(self, index: int) -> bool:
        """Show another slice; returns whether it is another."""
        if index == self._index:
            return False
        self._index = index
        self._stale_image = self._stale_labels = True
        return True

    def forget_image(self) -> None:
        """The values or the slab changed."""
        self._stale_image = True

    def forget_window(self) -> None:
        """The grey window changed."""
        self._table = None
        self._stale_grey = True

    def forget_labels(self) -> None:
        """Label colours, the overlay or the whole label map changed."""
        self._palette = None
        self._stale_labels = True

    def forget_canvas(self) -> None:
        """Zoom, position, size or smoothing changed."""
        self._shrunk = self._kept = self._lines = None
        self._stale_canvas = True

    def forget_patch(self, patch: Patch) -> None:
        """Labels of a part of this slice changed."""
        self._patch = patch if self._patch is None else self._patch.union(patch)

    def resize(self, width: int, height: int, ratio: float) -> None:
        """Take another size of the pane, in logical pixels, and the screen's pixels in each of them."""
        self._ratio = ratio
        size = (max(1, math.ceil(width * ratio)), max(1, math.ceil(height * ratio)))
        if size != (self._canvas.width(), self._canvas.height()):
            self._canvas = QImage(*size, QImage.Format.Format_RGB32)
        self.forget_canvas()

    def rect_of(self, patch: Patch) -> QRect:
        """Return the logical pixels that change when labels of `patch` do."""
        left, top = self._viewport.to_pixel(patch.top - 0.5, patch.left - 0.5, self._frame)
        right, bottom = self._viewport.to_pixel(patch.bottom - 0.5, patch.right - 0.5, self._frame)
        reach = OUTLINE_PX + 2
        return QRectF(left - reach, top - reach, right - left + 2 * reach, bottom - top + 2 * reach).toAlignedRect()

    # --- the canvas ------------------------------------------------------------------------------
    def refreshed(self) -> QImage:
        """Return the up-to-date canvas, in the screen's pixels; valid until the next call."""
        if self._stale_image or self._image is None:
            self._image = slab_image(self._case.volume.hu, self._frame, self._index, self._session.slab)
            self._stale_grey = True
        if self._stale_grey:
            if self._table is None:
                self._table = grey_table(self._session.window)
            self._grey = grey_pixels(self._image, self._table)
            self._shrunk = None
            self._stale_canvas = True
        if self._palette is None:
            overlay, heat = self._session.overlay, self._session.heat
            if heat is not None and heat.shown:  # a fill would tint the layer beneath it
                overlay = replace(overlay, outlines_only=True)
            self._palette = build_palette(self._case.labelset, overlay)
        self._refresh_labels(self._palette)
        self._stale_image = self._stale_grey = self._stale_labels = self._stale_canvas = False
        self._patch = None
        self._set_ratio(self._ratio)
        return self._canvas

    def _set_ratio(self, ratio: float) -> None:
        if self._canvas.devicePixelRatio() != ratio:
            self._canvas.setDevicePixelRatio(ratio)

    def _refresh_labels(self, palette: Palette) -> None:
        preview = self._session.preview
        if self._stale_labels:
            self._layer.rebuild(self._case, preview, self._index, palette)
            self._kept = None
            self._stale_canvas = True
        elif self._patch is not None and not self._patch.empty:
            self._layer.update(self._case, preview, self._index, palette, self._patch)
            self._kept = None
            if not self._stale_canvas:
                self._draw(self._device_rect(self.rect_of(self._patch)), palette)
        if self._stale_canvas:
            self.drawn += 1
            self._draw(self._canvas.rect(), palette)

    def _device_rect(self, rect: QRect) -> QRect:
        r = self._ratio
        scaled = QRectF(rect.x() * r, rect.y() * r, rect.width() * r, rect.height() * r)
        return scaled.toAlignedRect().intersected(self._canvas.rect())

    def _draw(self, rect: QRect, palette: Palette) -> None:
        if rect.isEmpty():
            return
        self._set_ratio(1.0)
        painter = QPainter(self._canvas)
        painter.setClipRect(rect)
        # Only beside the slice: what it covers need not be written twice.
        covered = self._target().toAlignedRect().adjusted(2, 2, -2, -2)
        for beside in QRegion(rect).subtracted(QRegion(covered)):  # type: ignore[attr-defined] - not in the stubs
            painter.fillRect(beside, PANE_BACKGROUND)
        self._draw_grey(painter, rect)
        heat = self._session.heat
        if heat is not None and heat.shown:
            self._heat.draw(painter, heat, self._index, self._target(), smooth=self._session.interpolate)
        if not self._session.overlay.hidden:
            self._draw_labels(painter, rect, palette)
        painter.end()

    def _draw_grey(self, painter: QPainter, rect: QRect) -> None:
        target = self._target()
        if not self._session.interpolate:
            samples = self._samples(rect)
            pixels = samples.of(self._grey)
            painter.drawImage(samples.x, samples.y, _as_image(pixels, QImage.Format.Format_RGB32))
        elif min(target.width() / self._frame.columns, target.height() / self._frame.rows) < _SHRINKS:
            if self._shrunk is None:
                whole = target.toRect()
                image = _as_image(self._grey, QImage.Format.Format_RGB32)
                self._shrunk = (
                    whole,
                    image.scaled(
                        max(1, whole.width()),
                        max(1, whole.height()),
                        Qt.AspectRatioMode.IgnoreAspectRatio,
                        Qt.TransformationMode.SmoothTransformation,
                    ),
                )
            painter.drawImage(self._shrunk[0].topLeft(), self._shrunk[1])
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, _as_image(self._grey, QImage.Format.Format_RGB32))

    def _draw_labels(self, painter: QPainter, rect: QRect, palette: Palette) -> None:
        if self._layer.extent.empty:
            return
        whole = rect == self._canvas.rect()
        if whole and self._kept is not None:
            x, y, inside, pixels = self._kept
        else:
            reach = math.ceil(OUTLINE_PX * self._ratio) + 1
            inside = self._device_rect(self.rect_of(self._layer.extent)).intersected(rect)
            # The outline of a pixel depends on its neighbours: sample a rim and cut it off by the clip.
            rim = inside.adjusted(-reach, -reach, reach, reach).intersected(self._canvas.rect())
            samples = self._samples(rim)
            marks = None if self._layer.marks is None else samples.of(self._layer.marks)
            x, y = samples.x, samples.y
            pixels = overlay_pixels(samples.of(self._layer.codes), palette, OUTLINE_PX * self._ratio, marks)
            if whole:
                self._kept = (x, y, inside, pixels)
        painter.setClipRect(inside)
        painter.drawImage(x, y, _as_image(pixels, QImage.Format.Format_ARGB32_Premultiplied))

    def _target(self) -> QRectF:
        """Where the whole slice lies on the canvas."""
        r = self._ratio
        left, top = self._viewport.to_pixel(-0.5, -0.5, self._frame)
        right, bottom = self._viewport.to_pixel(self._frame.rows - 0.5, self._frame.columns - 0.5, self._frame)
        return QRectF(left * r, top * r, (right - left) * r, (bottom - top) * r)

    def _samples(self, rect: QRect) -> _Samples:
        if self._lines is None:
            row0, column0 = self._viewport.to_voxel(0.0, 0.0, self._frame)
            row1, column1 = self._viewport.to_voxel(1.0, 1.0, self._frame)
            down = _Line.of(self._canvas.height(), row0, (row1 - row0) / self._ratio, self._frame.rows)
            along = _Line.of(self._canvas.width(), column0, (column1 - column0) / self._ratio, self._frame.columns)
            self._lines = down, along
        down, along = self._lines
        y, rows = down.part(rect.top(), rect.bottom())
        x, columns = along.part(rect.left(), rect.right())
        return _Samples(x, y, rows, columns)


@dataclass(frozen=True, eq=False)
class _Line:
    """Which voxel each canvas pixel shows, along one edge of the canvas.

    Args:
        first: The first pixel that shows one.
        voxels: Of it and the pixels after it, ascending; as many as lie on the slice.
    """

    first: int
    voxels: NDArray[np.intp]

    @classmethod
    def of(cls, pixels: int, origin: float, step: float, count: int) -> _Line:
        """Return the line of `pixels` pixels, the first at voxel `origin`, `step` apart, over `count` voxels."""
        index = np.floor(origin + (np.arange(pixels) + 0.5) * step + 0.5).astype(np.intp)
        start, stop = (int(v) for v in np.searchsorted(index, (0, count)))
        return cls(start, index[start:stop])

    def part(self, first: int, last: int) -> tuple[int, NDArray[np.intp]]:
        """Return the voxels of pixels first … last as far as they show any, and the first that does."""
        begin = max(first, self.first)
        return begin, self.voxels[begin - self.first : max(begin, last + 1) - self.first]


@dataclass(frozen=True, eq=False)
class _Samples:
    """Which voxel each canvas pixel of a rectangle shows; pixels beside the slice are left out."""

    x: int
    y: int
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    def of(self, image: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return the (rows, columns) pixels of a slice that the canvas shows there."""
        if self.rows.size == 0:
            return image[:0].take(self.columns, axis=1)
        # Columns first, of the rows that are needed: the second step then copies whole rows.
        top, bottom = int(self.rows[0]), int(self.rows[-1]) + 1
        return image[top:bottom].take(self.columns, axis=1).take(self.rows - top, axis=0)


def _as_image(pixels: Argb, kind: QImage.Format) -> QImage:
    # The image does not own the pixels: callers paint it before the array goes.
    h, w = pixels.shape
    return QImage(pixels.data, w, h, 4 * w, kind)  # type: ignore[call-overload]
