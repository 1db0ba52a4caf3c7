"""A question about the input that only the person can answer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QDialog, QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from app.look.icons import icon_pixmap
from app.look.pieces import beside, column, push, row, words
from engine.core.errors import ChoiceNeeded


class QuestionDialog(QDialog):
    """What is unclear, and the possible answers; the first is what the program would take.

    Args:
        question: Choices to pick from, or none where a number is wanted.
    """

    def __init__(self, question: ChoiceNeeded, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("One question")
        self.setMinimumWidth(500)
        mark = QLabel()
        mark.setPixmap(icon_pixmap("circle-help", 28, "accent", ratio=self.devicePixelRatioF()))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        texts: list[QWidget] = [words(question.what, "title", wrap=True)]
        if question.why:
            texts.append(words(question.why, "muted", wrap=True))
        self._choices = question.choices
        self._group = QButtonGroup(self)
        self.field = QLineEdit()
        self.field.setAccessibleName(question.what)
        self.field.setPlaceholderText("A number, e.g. 1.25")
        answers: list[QWidget] = []
        for k, choice in enumerate(question.choices):
            button = QRadioButton(choice.text)
            button.setChecked(k == 0)
            self._group.addButton(button, k)
            answers.append(button)
        if not answers:
            answers.append(self.field)
            self.field.textChanged.connect(lambda text: self.go.setEnabled(bool(text.strip())))
        self.go = push("Go on", "Use this answer.", primary=True)
        self.go.setDefault(True)
        self.go.setEnabled(bool(question.choices))
        self.go.clicked.connect(self.accept)
        leave = push("Leave it", "Do not open it.")
        leave.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(20)
        layout.addLayout(beside(mark, column(*texts, 8, *answers, gap=8)))
        layout.addLayout(row(None, leave, self.go))

    @property
    def answer(self) -> str:
        """The value of the choice, as the option of the terminal takes it."""
        picked = self._group.checkedId()
        return self._choices[picked].value if picked >= 0 else self.field.text().strip()
