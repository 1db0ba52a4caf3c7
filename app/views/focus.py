"""The keyboard follows the mouse into a pane, but never out of a field someone types in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

_TYPED_IN = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)


def take_focus(pane: QWidget) -> None:
    """Give a pane the keyboard if its window is active and nobody is typing."""
    holder = QApplication.focusWidget()
    if pane.isActiveWindow() and not isinstance(holder, _TYPED_IN):
        pane.setFocus(Qt.FocusReason.MouseFocusReason)
