"""Colours of the panes. Label colours belong to the label set; these belong to the reading room."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.model.session import Plane

PANE_BACKGROUND = QColor("#000000")
"""Behind every picture, in the dark and the light theme alike."""
PLANE_COLOURS: dict[str, QColor] = {
    "axial": QColor("#f2b84b"),
    "coronal": QColor("#57c785"),
    "sagittal": QColor("#4db8ff"),
    "volume": QColor("#9aa4b1"),
}
"""A pane's title and the line by which the other panes show where it cuts."""
PLANE_TITLES: dict[str, str] = {"axial": "Axial", "coronal": "Coronal", "sagittal": "Sagittal", "volume": "3-D"}
TEXT = QColor(255, 255, 255, 190)
"""Corner texts: about 70 % white, so that the lesion stays the brightest thing."""
LETTERS = QColor(255, 255, 255, 215)
HALO = QColor(0, 0, 0, 225)
MUTED = QColor("#5d6672")
ACCENT = QColor("#4db8ff")
DOUBTFUL = QColor("#f2b84b")
BAD = QColor("#ef6a5b")
UNKNOWN_LABEL = (200, 200, 200)
"""Voxels whose number is in no label set are drawn, never hidden."""


def plane_colour(plane: Plane | str) -> QColor:
    """Return the colour a plane stands in everywhere."""
    return PLANE_COLOURS[plane]
