"""The outline of what the active tool would touch, under the mouse."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF, QRegion

from app.model.tool import Outline
from app.views.colours import BAD, HALO
from app.views.frame import PlaneFrame
from app.views.halo import HaloText, draw_at, pane_font
from app.views.viewport import Viewport

_LINE = QColor(255, 255, 255, 235)
_AWAY_PX = 14
_RIM_PX = 4  # of the halo


class OutlineMark:
    """Remembers what it drew, so that only the old and the new place are painted again."""

    def __init__(self) -> None:
        self._outline: Outline | None = None
        self._shape = QPolygonF()
        self._text = QRectF()
        self._sizes: dict[str, tuple[float, float]] = {}
        self._texts = HaloText()
        self._font = pane_font(12)

    def place(
        self, outline: Outline | None, frame: PlaneFrame | None, viewport: Viewport, mouse: QPointF | None
    ) -> QRegion:
        """Take another outline; returns what to paint again."""
        region = self._region()
        self._outline = outline if frame is not None else None
        self._shape = QPolygonF()
        if outline is not None and frame is not None:
            rows, columns = frame.on_slice(outline.points_zyx)
            x, y = viewport.to_pixels(rows, columns, frame)
            self._shape = QPolygonF(list(map(QPointF, x.tolist(), y.tolist())))
            corner = self._shape.boundingRect().bottomRight() if mouse is None else mouse
            self._text = self._beside(corner, outline.text, viewport)
        return region + self._region()

    def draw(self, painter: QPainter) -> None:
        """Draw it, dark beneath light, so that it shows on air and on bone."""
        if self._outline is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        line = BAD if self._outline.forbidden else _LINE
        for colour, width in ((HALO, 3.0), (line, 1.3)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(self._shape)
        painter.restore()
        if self._outline.text:
            ratio = painter.device().devicePixelRatioF()
            image = self._texts.image((self._outline.text,), self._font, ratio)
            draw_at(painter, image, self._text.x(), self._text.y())

    def _region(self) -> QRegion:
        if self._outline is None:
            return QRegion()
        region = QRegion(self._shape.boundingRect().adjusted(-3, -3, 3, 3).toAlignedRect())
        if self._outline.text:
            region += self._text.adjusted(-1, -1, 1, 1).toAlignedRect()
        return region

    def _beside(self, corner: QPointF, text: str, viewport: Viewport) -> QRectF:
        """Return where the words go: below and to the right, or where the pane has room for them."""
        if not text:
            return QRectF()
        if text not in self._sizes:
            metrics = QFontMetricsF(self._font)
            size = metrics.horizontalAdvance(text) + 2 * _RIM_PX, metrics.height() + 2 * _RIM_PX
            self._sizes = {text: size}
        width, height = self._sizes[text]
        x = min(corner.x() + _AWAY_PX, viewport.width - width)
        y = corner.y() + _AWAY_PX
        if y + height > viewport.height:
            y = corner.y() - _AWAY_PX - height
        return QRectF(max(0.0, x), y, width, height)
