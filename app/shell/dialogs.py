"""The window's dialogs: problems, questions, settings, keys, about. Each is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog

from engine.core.errors import ChoiceNeeded, GroundglassError

if TYPE_CHECKING:
    from app.shell.window import Window


class Dialogs(QObject):
    """Opens dialogs over a window.

    Args:
        window: The window.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.on_problem: Callable[[GroundglassError], None] | None = None
        """Takes problems in the place of the dialog: when a picture is taken nobody looks at the screen."""
        self.on_question: Callable[[ChoiceNeeded], None] | None = None
        """Takes questions likewise; they count as not answered."""

    def show_problem(self, error: GroundglassError) -> None:
        """Show what happened, why, and what to do."""
        if self.on_problem is not None:
            self.on_problem(error)
            return
        from app.shell.problem_dialog import ProblemDialog

        dialog = ProblemDialog(error, version=self._window.version, parent=self._window)
        dialog.setModal(True)
        self._show(dialog)

    def ask(self, question: ChoiceNeeded) -> str | None:
        """Let the person pick one of the choices; None if they would rather not."""
        if self.on_question is not None:
            self.on_question(question)
            return None
        from app.doors.licence import KEY
        from app.shell.licence_dialog import LicenceDialog
        from app.shell.question_dialog import QuestionDialog

        kind = LicenceDialog if question.key == KEY else QuestionDialog
        dialog = kind(question, self._window)
        answer = dialog.answer if dialog.exec() else None
        dialog.deleteLater()
        return answer

    def show_keys(self) -> None:
        """Show the sheet of keys."""
        from app.shell.keysheet import KeySheet

        self._show(KeySheet(self._window.actions_table, self._window))

    def show_settings(self) -> None:
        """Show the settings."""
        from app.shell.settings_dialog import SettingsDialog

        self._show(SettingsDialog(self._window.preferences, self._window.actions_table, self._window))

    def show_about(self) -> None:
        """Show version, licence and what the program is not."""
        from app.shell.about import AboutDialog

        self._show(AboutDialog(self._window.version, self._window))

    def _show(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
