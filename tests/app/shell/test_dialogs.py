"""Every dialog opens over the window, can be closed by Esc, and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from engine.core.errors import FormatError
from tests.support.window import Bench, chest_file


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


@pytest.mark.parametrize("command", ["settings", "keys", "about", "export"])
def test_a_dialog_fits_the_screen_it_is_on(bench: Callable[..., Bench], tmp_path: Path, command: str) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    b.window.run_command(command)
    (dialog,) = shown(b)
    room = dialog.screen().availableSize()
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    least = dialog.minimumSizeHint().expandedTo(dialog.minimumSize())
    assert least.width() <= 760
    assert least.height() <= 490, "a screen of 1920 x 1080 at 200 %"
    dialog.reject()
