"""Text that can be read on any grey: drawn once with a dark halo, then kept."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from app.views.colours import HALO, TEXT

_KEPT = 128
_RIM = 2
_AROUND = ((-1, -1), (1, -1), (-1, 1), (1, 1), (0, 1.5))


def pane_font(pixels: int = 12, *, bold: bool = False) -> QFont:
    """Return the system's font at a size in logical pixels, with figures of equal width."""
    font = QFont()
    font.setPixelSize(pixels)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class HaloText:
    """Blocks of short lines as images. Drawing the shadows at each paint would cost 1 ms a pane."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[object, ...], QImage] = OrderedDict()

    def image(
        self,
        lines: tuple[str, ...],
        font: QFont,
        ratio: float,
        *,
        right: bool = False,
        colour: QColor = TEXT,
    ) -> QImage:
        """Return the picture of some lines.

        Args:
            lines: From top to bottom.
            font: Their font.
            ratio: Screen pixels per logical pixel.
            right: Align to the right.
            colour: Of the text.
        """
        key = (lines, font.key(), ratio, right, colour.rgba())
        image = self._images.get(key)
        if image is None:
            image = _drawn(lines, font, ratio, right=right, colour=colour)
            self._images[key] = image
            while len(self._images) > _KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return image


def size_of(image: QImage) -> tuple[float, float]:
    """Return width and height in logical pixels."""
    return image.width() / image.devicePixelRatio(), image.height() / image.devicePixelRatio()


def _drawn(lines: tuple[str, ...], font: QFont, ratio: float, *, right: bool, colour: QColor) -> QImage:
    metrics = QFontMetricsF(font)
    widths = [metrics.horizontalAdvance(line) for line in lines]
    width, height = max(widths, default=0.0) + 2 * _RIM, metrics.height() * len(lines) + 2 * _RIM
    image = QImage(max(1, ceil(width * ratio)), max(1, ceil(height * ratio)), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setFont(font)
    for row, line in enumerate(lines):
        x = width - _RIM - widths[row] if right else _RIM
        at = QPointF(x, _RIM + metrics.height() * row + metrics.ascent())
        painter.setPen(HALO)
        for dx, dy in _AROUND:
            painter.drawText(at + QPointF(dx, dy), line)
        painter.setPen(colour)
        painter.drawText(at, line)
    painter.end()
    return image


def draw_at(painter: QPainter, image: QImage, x: float, y: float) -> QRectF:
    """Draw an image on whole pixels; returns where it lies."""
    painter.drawImage(QPointF(round(x), round(y)), image)
    return QRectF(round(x), round(y), *size_of(image))
