"""The line icons: SVG files of `resources/icons`, drawn in the colours of the palette at any scale.

An icon reads the palette when it is painted, so a change of theme needs no new icons.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.look.tokens import tokens_of
from engine.core.errors import ResourceError
from engine.core.paths import resource

_UNKNOWN = "circle"


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    try:
        return resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    except ResourceError:
        # A missing picture must not cost the person the button.
        return resource(f"icons/{_UNKNOWN}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def has_icon(name: str) -> bool:
    """Whether the program ships a picture of this name."""
    try:
        return resource(f"icons/{name}.svg").is_file()
    except ResourceError:
        return False


class _LineIcon(QIconEngine):
    """Paints one SVG in the colour that its state has in the present palette."""

    def __init__(self, name: str, colour: str = "") -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def clone(self) -> QIconEngine:
        return _LineIcon(self._name, self._colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _renderer(self._name, self._ink(mode, state)).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def _ink(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        tokens = tokens_of(QGuiApplication.palette())
        if mode == QIcon.Mode.Disabled:
            return tokens.disabled
        if state == QIcon.State.On and not self._colour:
            return tokens.on_accent
        if self._colour.startswith("#"):
            return self._colour
        return str(getattr(tokens, self._colour or "text"))


def line_icon(name: str, colour: str = "") -> QIcon:
    """Return the icon of this name.

    Args:
        name: File in `resources/icons`, without suffix; an unknown one becomes a plain ring.
        colour: A field of `Tokens` (``"muted"``) or ``"#rrggbb"``. Empty: the text colour, and the colour
            that stands on the accent while checked.
    """
    return QIcon(_LineIcon(name, colour))


def icon_pixmap(name: str, size: int, colour: str = "muted", *, ratio: float = 1.0) -> QPixmap:
    """Return a picture of an icon for a label.

    Args:
        name: As in :func:`line_icon`.
        size: Side in device-independent pixels.
        colour: A field of `Tokens` or ``"#rrggbb"``.
        ratio: Device pixels per pixel.
    """
    ink = colour if colour.startswith("#") else str(getattr(tokens_of(QGuiApplication.palette()), colour))
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, ink).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture


def swatch(colour: str, *, size: int = 14, ring: str = "") -> QIcon:
    """Return a round patch of a label's colour, with an optional ring around it."""
    ratio = 3
    picture = QPixmap(size * ratio, size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(QColor(ring) if ring else Qt.PenStyle.NoPen)
    painter.drawEllipse(QRectF(1, 1, size - 2, size - 2))
    painter.end()
    return QIcon(picture)
