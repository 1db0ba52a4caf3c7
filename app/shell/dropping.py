"""Drag and drop: what was dropped, and the words over the window while it hangs there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.look.pieces import words
from engine.core.errors import Choice, ChoiceNeeded

_INSET = 24


def dropped_path(data: QMimeData) -> Path | None:
    """Return the first local file or folder of a drag, or None."""
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    return None


def may_be_mask(path: Path) -> bool:
    """Whether a path could hold a mask: a single file of a kind masks come in."""
    return path.is_file() and path.name.lower().endswith((".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"))


def mask_or_study(path: Path) -> ChoiceNeeded:
    """Return the question what a file is."""
    return ChoiceNeeded(
        f"What is “{path.name}”?",
        "A study is open; this file can be its mask or another study.",
        flag="--mask",
        key="kind",
        choices=(
            Choice("mask", "A mask: lay it over the open study"),
            Choice("study", "Another study: open it instead"),
        ),
    )


class DropCover(QFrame):
    """A frame over the window that says what letting go would do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        text = words("Let go to open", "title")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        self.hide()

    def show_over(self, rect: QRect) -> None:
        """Show it inside a rectangle."""
        self.setGeometry(rect.adjusted(_INSET, _INSET, -_INSET, -_INSET))
        self.show()
        self.raise_()
