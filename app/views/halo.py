"""Text that can be read on any grey: drawn once with a dark halo, then kept."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, Qt
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


class Words(NamedTuple):
    """A picture of words, and its size in logical pixels."""

    image: QImage
    width: float
    height: float


class HaloText:
    """Blocks of short lines as images. Drawing the shadows at each paint would cost 1 ms a pane."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[object, ...], Words] = OrderedDict()

    def image(
        self,
        lines: tuple[str, ...],
        font: QFont,
        ratio: float,
        *,
        right: bool = False,
        colour: QColor = TEXT,
    ) -> Words:
        """Return the picture of some lines.

        Args:
            lines: From top to bottom.
            font: Their font.
            ratio: Screen pixels per logical pixel.
            right: Align to the right.
            colour: Of the text.
        """
        key = (lines, font.pixelSize(), font.weight(), ratio, right, colour.rgba())
        words = self._images.get(key)
        if words is None:
            words = words_of(_drawn(lines, font, ratio, right=right, colour=colour))
            self._images[key] = words
            while len(self._images) > _KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return words


def words_of(image: QImage) -> Words:
    """Return an image with its size in logical pixels."""
    return Words(image, image.width() / image.devicePixelRatio(), image.height() / image.devicePixelRatio())


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


def draw_at(painter: QPainter, words: Words, x: float, y: float) -> None:
    """Draw words on whole pixels."""
    painter.drawImage(QPoint(round(x), round(y)), words.image)
