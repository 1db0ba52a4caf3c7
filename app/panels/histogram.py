"""How dense lung and lesions are: two outlines over Hounsfield units."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.look.tokens import tokens_of
from engine.case.findings import HuHistogram
from engine.core.types import FloatArray

_HEIGHT = 104
_SHOWN_HU = (-1048.0, 224.0)
_TICKS_HU = (-1000, -750, -500, -250, 0)
_TICK_PX = 4
_FOOT_PX = 22
_HIGHEST = 1.05
"""Where the upper edge lies; the peaks are 1."""

Curve = tuple[FloatArray, FloatArray]


class HistogramPlot(QWidget):
    """Shares of voxels per HU, lung and what is involved, each normed to its own peak."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        nothing = np.zeros(0), np.zeros(0)
        self.lung: Curve = nothing
        """Middles of the bins in HU, and heights from 0 to 1."""
        self.involved: Curve = nothing
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Histogram of Hounsfield units")
        self.setToolTip(
            "How many voxels have which density, in HU. Blue: lung with its lesions. "
            "Yellow: ground-glass and consolidation. Each is drawn to its own peak; padding is left out."
        )

    def show_histogram(self, histogram: HuHistogram) -> None:
        """Draw other values."""
        self.lung = _curve(histogram, histogram.lung)
        self.involved = _curve(histogram, histogram.involved)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axis and curves in the colours of the theme."""
        tokens = tokens_of(self.palette())
        painter = QPainter(self)
        area = QRectF(0, 0, self.width(), self.height() - _FOOT_PX)
        self._draw_axis(painter, area, QColor(tokens.line), QColor(tokens.muted))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        for curve, colour in ((self.lung, tokens.accent), (self.involved, tokens.doubtful)):
            _draw_curve(painter, area, curve, QColor(colour))

    def _draw_axis(self, painter: QPainter, area: QRectF, line: QColor, text: QColor) -> None:
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), line)
        for hu in _TICKS_HU:
            x = round(_across(area, float(hu)))
            painter.fillRect(QRectF(x, area.bottom(), 1, _TICK_PX), line)
            painter.setPen(text)
            words = f"{hu}".replace("-", "−")
            width = painter.fontMetrics().horizontalAdvance(words)
            left = min(max(0.0, x - width / 2), area.width() - width)
            place = QRectF(left, area.bottom() + _TICK_PX, width + 1, _FOOT_PX - _TICK_PX)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def _curve(histogram: HuHistogram, values: tuple[int, ...]) -> Curve:
    middles = histogram.start_hu + histogram.width_hu * (np.arange(len(values), dtype=np.float64) + 0.5)
    # The last bin holds everything denser: it would stand like a wall at the right edge.
    counts = np.asarray(values, dtype=np.float64)[:-1]
    peak = counts.max(initial=0.0)
    return middles[:-1], counts / peak if peak else counts


def _across(area: QRectF, hu: float) -> float:
    low, high = _SHOWN_HU
    return area.left() + area.width() * (hu - low) / (high - low)


def _draw_curve(painter: QPainter, area: QRectF, curve: Curve, colour: QColor) -> None:
    if not curve[0].size:
        return
    line = [
        QPointF(_across(area, hu), area.bottom() - area.height() * share / _HIGHEST)
        for hu, share in zip(curve[0].tolist(), curve[1].tolist(), strict=True)
    ]
    fill = QColor(colour)
    fill.setAlpha(40)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    ends = QPointF(line[-1].x(), area.bottom()), QPointF(line[0].x(), area.bottom())
    painter.drawPolygon(QPolygonF([*line, *ends]))
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(line))
