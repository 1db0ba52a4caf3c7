"""Before non-commercial weights are used: what is forbidden, and two buttons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel

from app.doors.licence import KEY
from app.shell.licence_dialog import LicenceDialog
from engine.core.errors import Choice, ChoiceNeeded

QUESTION = ChoiceNeeded(
    "Use “net” for non-commercial purposes only?",
    "CC-BY-NC-4.0 allows no commercial use.",
    flag="",
    key=KEY,
    choices=(Choice("net", "I use them non-commercially"),),
)


@pytest.fixture
def dialog(qtbot) -> LicenceDialog:
    made = LicenceDialog(QUESTION)
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_says_what_is_forbidden(dialog: LicenceDialog) -> None:
    said = [label.text() for label in dialog.findChildren(QLabel)]
    assert QUESTION.what in said
    assert QUESTION.why in said
    assert dialog.go.text() == "I use them non-commercially"


def test_agreeing_answers_with_the_weights(dialog: LicenceDialog) -> None:
    QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.answer == "net"


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_a_key_out_of_habit_agrees_to_nothing(dialog: LicenceDialog, key: Qt.Key) -> None:
    QTest.keyClick(dialog, key)
    assert not dialog.isVisible()
    assert dialog.result() == QDialog.DialogCode.Rejected
