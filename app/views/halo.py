"""Text that can be read on any grey: drawn once with a dark halo, then kept."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
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
        self._words, self._shadow = _Sheet(), _Sheet()

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
            words = words_of(self._drawn(lines, font, ratio, right=right, colour=colour))
            self._images[key] = words
            while len(self._images) > _KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return words

    def _drawn(self, lines: tuple[str, ...], font: QFont, ratio: float, *, right: bool, colour: QColor) -> QImage:
        metrics = QFontMetricsF(font)
        widths = [metrics.horizontalAdvance(line) for line in lines]
        width, height = max(widths, default=0.0) + 2 * _RIM, metrics.height() * len(lines) + 2 * _RIM
        size = QSize(max(1, ceil(width * ratio)), max(1, ceil(height * ratio)))
        self._words.clear(size, ratio)
        self._shadow.clear(size, ratio)
        lefts = [width - _RIM - w if right else _RIM for w in widths]
        places = [QPointF(x, _RIM + metrics.height() * row + metrics.ascent()) for row, x in enumerate(lefts)]
        self._shadow.write(lines, places, font, HALO)
        self._words.lay_around(self._shadow)
        self._words.write(lines, places, font, colour)
        return self._words.cut(size)


class _Sheet:
    """A picture to draw words on, kept: Qt makes a paint engine for every new one, which takes as long as a line."""

    def __init__(self) -> None:
        self._image = QImage()

    def clear(self, size: QSize, ratio: float) -> None:
        """Make it empty and at least this large, in the screen's pixels."""
        if not self._image.rect().contains(QRect(QPoint(), size)):
            self._image = QImage(size.expandedTo(self._image.size()), QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(ratio)
        self._image.fill(Qt.GlobalColor.transparent)

    def write(self, lines: tuple[str, ...], places: list[QPointF], font: QFont, colour: QColor) -> None:
        """Write each line with its base line at its place."""
        painter = QPainter(self._image)
        painter.setFont(font)
        painter.setPen(colour)
        for line, place in zip(lines, places, strict=True):
            painter.drawText(place, line)
        painter.end()

    def lay_around(self, shadow: _Sheet) -> None:
        """Lay another sheet on this one a little to every side: quicker than writing its words again each time."""
        painter = QPainter(self._image)
        for dx, dy in _AROUND:
            painter.drawImage(QPointF(dx, dy), shadow._image)
        painter.end()

    def cut(self, size: QSize) -> QImage:
        """Return a copy of the upper left corner."""
        return self._image.copy(QRect(QPoint(), size))


def words_of(image: QImage) -> Words:
    """Return an image with its size in logical pixels."""
    return Words(image, image.width() / image.devicePixelRatio(), image.height() / image.devicePixelRatio())


def draw_at(painter: QPainter, words: Words, x: float, y: float) -> None:
    """Draw words on whole pixels."""
    painter.drawImage(QPoint(round(x), round(y)), words.image)
