"""The window itself: held keys and its theme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from app.look.tokens import DARK, LIGHT, tokens_of
from tests.support.window import Bench, chest_file


def test_labels_are_hidden_while_h_is_held(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    view = b.pane()
    view.setFocus()
    QTest.keyPress(view, Qt.Key.Key_H)
    assert b.session.overlay.hidden
    QTest.keyRelease(view, Qt.Key.Key_H)
    assert not b.session.overlay.hidden


def test_theme_changes_everything_at_once_and_is_remembered(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert tokens_of(b.window.palette()) is DARK
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is LIGHT
    assert b.window.preferences.now.theme == "light"
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is DARK


def test_nothing_falls_off_the_end_of_the_toolbar_in_a_narrow_window(bench: Callable[..., Bench]) -> None:
    b = bench()
    for width in (b.window.minimumWidth(), 1600, b.window.minimumWidth()):
        b.window.resize(width, 700)
        b.wait(lambda wide=width: b.window.main_bar.width() == wide)
        b.wait(lambda: not [w for w in b.window.main_bar.findChildren(QToolButton) if w.text() and not w.isVisible()])
