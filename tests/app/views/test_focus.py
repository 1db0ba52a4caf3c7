"""The keyboard follows the mouse into a pane, but not out of a field someone types in."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QSpinBox, QVBoxLayout
from PySide6.QtWidgets import QWidget as Widget

from app.views.focus import take_focus


@pytest.mark.parametrize(
    ("holder", "stays"),
    [(QLineEdit, True), (QPlainTextEdit, True), (QSpinBox, True), (QComboBox, True), (QPushButton, False)],
)
def test_nobody_is_interrupted_while_typing(qapp, monkeypatch, holder: type[Widget], stays: bool) -> None:
    """The window counts as active here whatever the platform says; what happens to the focus is Qt's own."""
    window = Widget()
    pane, other = Widget(window), holder(window)
    monkeypatch.setattr(QApplication, "focusWidget", lambda: other)
    monkeypatch.setattr(pane, "isActiveWindow", lambda: True)
    given: list[Any] = []
    monkeypatch.setattr(pane, "setFocus", given.append)
    layout = QVBoxLayout(window)
    layout.addWidget(pane)
    layout.addWidget(other)
    take_focus(pane)
    assert given == ([] if stays else [Qt.FocusReason.MouseFocusReason])


def test_another_window_keeps_the_keyboard(qapp, monkeypatch) -> None:
    pane = Widget()
    monkeypatch.setattr(pane, "isActiveWindow", lambda: False)
    given: list[Any] = []
    monkeypatch.setattr(pane, "setFocus", given.append)
    take_focus(pane)
    assert given == []
