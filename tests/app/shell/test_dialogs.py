"""Every dialog opens over the window, can be closed by Esc, and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from app.shell.settings_dialog import SettingsDialog
from engine.core.errors import FormatError
from tests.support.window import Bench


def shown(b: Bench) -> list[QDialog]:
    """Return the dialogs on screen."""
    return [d for d in b.window.findChildren(QDialog) if d.isVisible()]


@pytest.mark.parametrize("command", ["keys", "settings", "about"])
def test_dialog_opens_and_esc_closes(bench: Callable[..., Bench], command: str) -> None:
    b = bench()
    b.window.run_command(command)
    (dialog,) = shown(b)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    b.wait(lambda: not shown(b))


def test_a_problem_is_shown_over_the_window(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.window.dialogs.on_problem = None
    b.window.show_problem(FormatError("“a.nii” is damaged.", "It has 0 bytes.", "Copy it again."))
    (dialog,) = shown(b)
    assert dialog.accessibleName() == "“a.nii” is damaged."
    dialog.accept()


def test_a_taken_key_is_refused_with_both_names(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.window.run_command("settings")
    dialog: Any = shown(b)[0]
    assert isinstance(dialog, SettingsDialog)
    field = dialog.key_fields["file.export"]
    field.setKeySequence("Ctrl+Z")
    field.editingFinished.emit()
    assert "Undo" in dialog.key_problem.text()
    assert "Export" in dialog.key_problem.text()
    assert field.keySequence().toString() == "Ctrl+E"
    field.setKeySequence("Ctrl+Alt+E")
    field.editingFinished.emit()
    assert b.window.actions_table.keys("file.export") == ("Ctrl+Alt+E",)
    assert b.window.preferences.now.keys == {"file.export": ("Ctrl+Alt+E",)}
    dialog.accept()


def test_settings_work_at_once(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.window.run_command("settings")
    dialog: Any = shown(b)[0]
    dialog.theme.setCurrentIndex(1)
    dialog.smooth.click()
    dialog.recent.click()
    dialog.set_colour("effusion", "#aabbcc")
    assert not b.session.interpolate
    now = b.window.preferences.now
    assert (now.theme, now.interpolate, now.keep_recent) == ("light", False, False)
    assert now.label_colours == {"effusion": "#aabbcc"}
    dialog.theme.setCurrentIndex(0)
    dialog.accept()
