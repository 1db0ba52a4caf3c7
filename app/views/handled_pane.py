"""A widget that hands Qt's mouse and key events to the gestures of a slice pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.views.focus import take_focus

if TYPE_CHECKING:
    from app.views.gestures import Gestures


class HandledPane(QWidget):
    """Base of the slice pane, which sets `hands` and says in `follow` what the mouse's place means to it."""

    hands: Gestures

    def follow(self, at: QPointF | None) -> None:
        """Take the mouse's place, or None once it has left."""
        raise NotImplementedError

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Not by overriding `event`: an exception in a handler called from there ends the process in PySide 6.11.
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the keys the pane needs now before a shortcut of the window takes them."""
        override = watched is self and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self.hands.wants(event):
            event.accept()
            return True
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self.hands.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        self.hands.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it."""
        self.hands.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Reset the window (right button); a second left click is a click."""
        self.hands.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll, zoom or resize the tool."""
        self.hands.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Space and Esc; what is not the pane's goes on to the window."""
        if not self.hands.key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Let go of Space."""
        if not self.hands.key_up(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forget a held Space."""
        self.hands.forget_keys()
        super().focusOutEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Take the keyboard along with the mouse, unless someone is typing."""
        take_focus(self)
        self.follow(event.position())

    def leaveEvent(self, _event: QEvent) -> None:
        """The mouse is elsewhere."""
        self.follow(None)
