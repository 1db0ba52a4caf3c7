"""The crosshair: where the other panes cut this one, in their colours, open in the middle."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QRegion

from app.model.session import Plane
from app.views.colours import plane_colour

GAP_PX = 24
"""Left free around the point itself, so that the lines never cover what they point at."""
_STRENGTH = 190
# Which plane the upright and the level line of a pane stand for.
_LINES: dict[Plane, tuple[Plane, Plane]] = {
    "axial": ("sagittal", "coronal"),
    "coronal": ("sagittal", "axial"),
    "sagittal": ("coronal", "axial"),
}


_Pieces = tuple[list[QRect], list[QRect]]
"""Of the upright line and of the level one."""


def crosshair_rects(x: float, y: float, width: int, height: int) -> _Pieces:
    """Return the upright and the level pieces around a point, in whole logical pixels."""
    column, row, half = round(x - 0.5), round(y - 0.5), GAP_PX // 2
    upright = [QRect(column, 0, 1, row - half), QRect(column, row + half + 1, 1, height - row - half - 1)]
    level = [QRect(0, row, column - half, 1), QRect(column + half + 1, row, width - column - half - 1, 1)]
    return [r for r in upright if not r.isEmpty()], [r for r in level if not r.isEmpty()]


class Crosshair:
    """The lines of one pane. It knows what is on the screen, so that a step repaints only what moves.

    Args:
        plane: The pane's own.
    """

    def __init__(self, plane: Plane) -> None:
        self._colours = [QColor(plane_colour(other)) for other in _LINES[plane]]
        for colour in self._colours:
            colour.setAlpha(_STRENGTH)
        self._shown = QRegion()
        self._placed: tuple[tuple[float, float, int, int], _Pieces, QRegion] = ((0.0, 0.0, 0, 0), ([], []), QRegion())

    def moved_to(self, x: float, y: float, width: int, height: int) -> QRegion:
        """Return what to repaint when the lines go to a point: turning the wheel moves one of the two."""
        region = QRegion()
        for rect in self._at(x, y, width, height)[1].xored(self._shown):  # type: ignore[attr-defined] - not in the stubs
            region += rect.adjusted(-1, -1, 1, 1)
        return region

    def draw(self, painter: QPainter, x: float, y: float, width: int, height: int) -> None:
        """Draw the lines through a point."""
        pieces, self._shown = self._at(x, y, width, height)
        for colour, rects in zip(self._colours, pieces, strict=True):
            for rect in rects:
                painter.fillRect(rect, colour)

    def _at(self, x: float, y: float, width: int, height: int) -> tuple[_Pieces, QRegion]:
        """Return the lines through a point; they are asked for to repaint and again to draw."""
        place = (x, y, width, height)
        if self._placed[0] != place:
            pieces = crosshair_rects(x, y, width, height)
            self._placed = (place, pieces, _region(pieces))
        return self._placed[1:]


def _region(pieces: _Pieces) -> QRegion:
    region = QRegion()
    for rect in (*pieces[0], *pieces[1]):
        region += rect
    return region
