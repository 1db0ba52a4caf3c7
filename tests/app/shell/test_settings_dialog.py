"""Settings do what they say at once; a key that is taken is refused with both names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from app.shell.settings_dialog import SettingsDialog
from tests.support.window import Bench, chest_file


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


def test_studies_that_are_no_longer_remembered_leave_the_first_page(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    b.window.run_command("close-case")
    line = f"Open {b.window.recent.studies[0].name}"
    b.wait(lambda: line in texts(b))
    b.window.run_command("settings")
    dialog: Any = shown(b)[0]
    dialog.tabs.setCurrentIndex(1)
    QTest.mouseClick(dialog.recent, Qt.MouseButton.LeftButton, pos=QPoint(8, dialog.recent.height() // 2))
    dialog.accept()
    assert not b.window.preferences.now.keep_recent
    assert line not in texts(b)
    b.wait(lambda: "Studies are not remembered: Settings, Work." in texts(b))


def texts(b: Bench) -> set[str]:
    """Return what the first page says."""
    labels = {label.text() for label in b.window.empty.findChildren(QLabel) if label.isVisible()}
    return labels | {x.accessibleName() for x in b.window.empty.findChildren(QPushButton) if x.isVisible()}
