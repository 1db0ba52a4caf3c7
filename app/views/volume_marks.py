"""What is painted over the 3-D picture: which way the patient faces, and cards instead of a picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.views.colours import LETTERS, MUTED, PLANE_COLOURS
from app.views.halo import HaloText, draw_at, pane_font
from app.views.orbit import OrbitCamera

_ARM_PX = 24.0
_INSET_PX = 44.0
_TEXTS = HaloText()
# End of each axis, its letter, and the plane across that axis, whose colour the arm has.
_ENDS = (
    ((1.0, 0.0, 0.0), "L", "sagittal"),
    ((-1.0, 0.0, 0.0), "R", "sagittal"),
    ((0.0, 1.0, 0.0), "P", "coronal"),
    ((0.0, -1.0, 0.0), "A", "coronal"),
    ((0.0, 0.0, 1.0), "H", "axial"),
    ((0.0, 0.0, -1.0), "F", "axial"),
)


def draw_axes(painter: QPainter, rect: QRect, camera: OrbitCamera, *, known: bool) -> None:
    """Draw the little cross of six letters in the lower left corner; what points away is fainter.

    A pane too small for it shows the picture only.

    Args:
        painter: On the pane.
        rect: The pane.
        camera: Of the picture.
        known: Whether left and right are known; else every letter is a question mark.
    """
    if min(rect.width(), rect.height()) < 3 * _INSET_PX:
        return
    centre = QPointF(rect.left() + _INSET_PX, rect.bottom() - _INSET_PX)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placed = [(camera.axes @ np.array(end), letter, plane) for end, letter, plane in _ENDS]
    for (x, y, depth), letter, plane in sorted(placed, key=lambda item: item[0][2]):
        if x * x + y * y < 0.02 and depth < 0:
            continue  # straight behind: its letter would lie beneath the one in front
        near = depth > -0.05
        arm = QColor(PLANE_COLOURS[plane])
        arm.setAlpha(230 if near else 90)
        painter.setPen(QPen(arm, 1.5))
        painter.drawLine(centre, centre + QPointF(x, -y) * _ARM_PX)
        colour = QColor(LETTERS)
        colour.setAlpha(235 if near else 110)
        image = _TEXTS.image(
            (letter if known else "?",), pane_font(12, bold=True), painter.device().devicePixelRatioF(), colour=colour
        )
        at = centre + QPointF(x, -y) * (_ARM_PX + 9)
        draw_at(painter, image, at.x() - image.width / 2, at.y() - image.height / 2)


def draw_card(painter: QPainter, rect: QRect, title: str, text: str) -> None:
    """Write a quiet sentence into the middle of the pane, with a title over it if there is one."""
    inside = QRectF(rect).adjusted(24, 12, -24, -12)
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    painter.setFont(pane_font(13))
    painter.setPen(MUTED.lighter(150))
    if title:
        body = painter.boundingRect(inside, flags, text)
        painter.drawText(inside.translated(0, 12), flags, text)
        painter.setFont(pane_font(15, bold=True))
        painter.setPen(LETTERS)
        painter.drawText(inside.translated(0, -body.height() / 2 - 8), flags, title)
    else:
        painter.drawText(inside, flags, text)
