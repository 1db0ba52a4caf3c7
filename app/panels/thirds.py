"""The six zones as a small chart: right and left lung, upper, middle and lower third, share involved and score."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import figures
from app.look.style import blend
from app.look.tokens import tokens_of
from engine.case.severity import SIDES, THIRDS, Zone

_HEAD, _CELL, _GAP, _NAMES = 20, 28, 4, 56


class ThirdsChart(QWidget):
    """Painted cells; the more is involved the warmer. The patient's right stands on the left, as in the slices."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zones: dict[tuple[str, str], Zone] = {}
        self.setFixedHeight(_HEAD + 3 * (_CELL + _GAP))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_zones(self, zones: Sequence[Zone], tip: str) -> None:
        """Show other zones."""
        self._zones = {(z.side, z.third): z for z in zones}
        self.setToolTip(tip)
        told = ", ".join(f"{z.side} {z.third} {figures.percent(z.percent)} score {z.score}" for z in zones)
        self.setAccessibleName(f"Thirds of the lungs: {told}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the cells."""
        tokens = tokens_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        width = (self.width() - _NAMES - _GAP) / 2
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.muted))
        for k, side in enumerate(SIDES):
            head = QRectF(_NAMES + k * (width + _GAP), 0, width, _HEAD - 2)
            painter.drawText(head, middle | Qt.AlignmentFlag.AlignHCenter, side.capitalize())
        for r, third in enumerate(THIRDS):
            top = _HEAD + r * (_CELL + _GAP)
            painter.setPen(QColor(tokens.muted))
            name = QRectF(0, top, _NAMES - 6, _CELL)
            painter.drawText(name, middle | Qt.AlignmentFlag.AlignLeft, third.capitalize())
            for k, side in enumerate(SIDES):
                cell = QRectF(_NAMES + k * (width + _GAP), top, width, _CELL)
                self._draw_cell(painter, cell, self._zones.get((side, third)))
        painter.end()

    def _draw_cell(self, painter: QPainter, cell: QRectF, zone: Zone | None) -> None:
        tokens = tokens_of(self.palette())
        warmth = min(1.0, (zone.percent / 60.0) ** 0.6) if zone is not None and zone.percent > 0 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(blend(tokens.doubtful, tokens.raised, 0.55 * warmth)))
        painter.drawRoundedRect(cell, 4, 4)
        if zone is None:
            return
        inner = cell.adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.text))
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignLeft, figures.percent(zone.percent))
        painter.setPen(QColor(tokens.text if warmth > 0.5 else tokens.muted))
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, str(zone.score))
