"""A person who answers the question about the licence of weights."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.shell.licence_dialog import LicenceDialog
from tests.support.window import Bench


class Answering:
    """Presses a button of each licence dialog as soon as it is on screen."""

    def __init__(self, b: Bench) -> None:
        self.asked: list[str] = []
        self.button = "leave"
        self._turn = QTimer(b.window)
        self._turn.timeout.connect(self._look)
        self._turn.start(20)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, LicenceDialog) and dialog.isVisible():
            self.asked.append(self.button)
            QTest.mouseClick(getattr(dialog, self.button), Qt.MouseButton.LeftButton)
