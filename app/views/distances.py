"""Measured distances, drawn in the slices they were drawn in."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.look.figures import mm
from app.views.colours import HALO
from app.views.frame import PlaneFrame
from app.views.halo import HaloText, draw_at, pane_font
from app.views.viewport import Viewport
from engine.case.document import Case

_LINE = QColor(255, 255, 255, 235)
_AWAY_PX = 8


class DistanceMarks:
    """Draws the distances of a case in one pane."""

    def __init__(self) -> None:
        self._texts: dict[str, HaloText] = {}
        self._font = pane_font(12)

    def draw(self, painter: QPainter, case: Case, frame: PlaneFrame, viewport: Viewport, index: int) -> None:
        """Draw those that lie in the slice that is shown, each with its length.

        Args:
            painter: Of the pane.
            case: Whose distances.
            frame: Of the pane.
            viewport: Of the pane.
            index: The slice shown.
        """
        here = [x for x in case.distances if x.axis == frame.axis and round(frame.from_case(x.start_zyx)[0]) == index]
        for distance in here:
            rows, columns = frame.on_slice((distance.start_zyx, distance.end_zyx))
            x, y = viewport.to_pixels(rows, columns, frame)
            start, end = QPointF(x[0], y[0]), QPointF(x[1], y[1])
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for colour, width in ((HALO, 3.0), (_LINE, 1.3)):
                painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(start, end)
            painter.restore()
            text = mm(distance.mm(case.volume.grid))
            shown = self._texts.setdefault(text, HaloText())
            image = shown.image((text,), self._font, painter.device().devicePixelRatioF())
            draw_at(painter, image, max(start.x(), end.x()) + _AWAY_PX, (start.y() + end.y()) / 2)
