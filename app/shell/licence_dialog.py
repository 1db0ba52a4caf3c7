"""Asked once before weights are used whose licence forbids commercial use."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QVBoxLayout, QWidget

from app.look.icons import icon_pixmap
from app.look.pieces import beside, column, push, row, words
from engine.core.errors import ChoiceNeeded


class LicenceDialog(QDialog):
    """What may not be done, and two buttons; Escape and the cross use nothing.

    Args:
        question: With what is forbidden, and one choice.
    """

    def __init__(self, question: ChoiceNeeded, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Non-commercial weights")
        self.setMinimumWidth(500)
        mark = QLabel()
        mark.setPixmap(icon_pixmap("circle-help", 28, "accent", ratio=self.devicePixelRatioF()))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        texts = [words(question.what, "title", wrap=True), words(question.why, "muted", wrap=True)]
        once = words("This is asked once for these weights.", "small", wrap=True)
        self._choice = question.choices[0]
        self.go = push(self._choice.text, "Use these weights, now and later.", primary=True)
        self.go.clicked.connect(self.accept)
        self.leave = push("Do not use them", "Nothing is computed; another network can be chosen.")
        self.leave.clicked.connect(self.reject)
        self.leave.setDefault(True)  # an Enter out of habit agrees to nothing
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(20)
        layout.addLayout(beside(mark, column(*texts, once, gap=8)))
        layout.addLayout(row(None, self.leave, self.go))

    @property
    def answer(self) -> str:
        """The value of the choice."""
        return self._choice.value
