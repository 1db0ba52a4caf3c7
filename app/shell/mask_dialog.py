"""Which of our labels each value of a foreign mask becomes: proposed by name, decided by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.look import figures
from app.look.icons import swatch
from app.look.pieces import ShortLabel, push, row, words
from engine.case.labelset import LabelSet

if TYPE_CHECKING:
    from app.doors.masks import ForeignMask, Match

NEW = -1
"""A label of its own."""


class MaskDialog(QDialog):
    """One line per value of the mask.

    Args:
        mask: As read.
        matches: What the program proposes.
        labelset: The labels there are.
        name: Of the file.
        voxel_ml: Volume of a voxel.
    """

    def __init__(
        self,
        mask: ForeignMask,
        matches: tuple[Match, ...],
        labelset: LabelSet,
        name: str,
        voxel_ml: float,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import mask")
        self.setMinimumWidth(560)
        self.boxes: dict[int, QComboBox] = {}
        self._ids: list[int | None] = [None, NEW, *(x.id for x in labelset)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for k, head in enumerate(("Value", "In the file", "Volume", "Becomes")):
            grid.addWidget(words(head, "small"), 0, k)
        for r, match in enumerate(matches, start=1):
            box = QComboBox()
            box.setMinimumWidth(180)
            box.addItem("Leave out")
            box.addItem("A label of its own")
            for label in labelset:
                box.addItem(swatch(label.colour), f"{label.name} (locked)" if label.locked else label.name)
            box.setCurrentIndex(self._ids.index(match.label_id) if match.label_id in self._ids else 1)
            box.setAccessibleName(f"What value {match.value} becomes")
            self.boxes[match.value] = box
            grid.addWidget(words(str(match.value)), r, 0)
            grid.addWidget(ShortLabel(match.name or "no name"), r, 1)
            grid.addWidget(words(figures.ml(mask.counts[match.value] * voxel_ml)), r, 2)
            grid.addWidget(box, r, 3)
        content = QWidget()
        content.setObjectName("content")
        content.setLayout(grid)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setMinimumHeight(min(420, 60 + 38 * len(matches)))
        unknown = sum(1 for m in matches if m.label_id is None)
        said = f"{unknown} of {len(matches)} values have no label of that name here." if unknown else ""
        self.go = push("Import", "Lay it over the study; one step of undo.", primary=True)
        self.go.setDefault(True)
        leave = push("Cancel", "Import nothing.")
        self.go.clicked.connect(self.accept)
        leave.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(words(f"What are the labels of {name}?", "title"))
        layout.addWidget(words(said or "Check what each value becomes.", "muted"))
        layout.addWidget(area)
        layout.addLayout(row(words("Locked labels stay as they are.", "small"), None, leave, self.go))

    @property
    def mapping(self) -> Mapping[int, int | None]:
        """Value → label id, None to leave out, NEW for a label of its own."""
        return {value: self._ids[box.currentIndex()] for value, box in self.boxes.items()}
