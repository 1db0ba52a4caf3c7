"""Settings do what they say at once; a key that is taken is refused with both names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QDialog

from app.shell.settings_dialog import SettingsDialog
from tests.support.window import Bench


def shown(b: Bench) -> list[QDialog]:
    """Return the dialogs on screen."""
    return [d for d in b.window.findChildren(QDialog) if d.isVisible()]


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
