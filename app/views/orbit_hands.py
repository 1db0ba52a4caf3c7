"""What the mouse does in the 3-D pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from app.views.stage import Stage

if TYPE_CHECKING:
    from app.views.volume_view import VolumeView

_NOTCH = 120
_WHEEL_ZOOM = 1.15
_DRAG_ZOOM = 1.01
Button = Qt.MouseButton


class OrbitHands:
    """Left drag turns, middle drag (or Shift and left) moves, right drag and wheel zoom.

    Args:
        view: The pane.
    """

    def __init__(self, view: VolumeView) -> None:
        self._view = view
        self._button: Qt.MouseButton | None = None
        self._last = QPointF()

    def press(self, event: QMouseEvent) -> None:
        """Begin; other buttons do nothing while one is held."""
        if self._view.stage is Stage.FAILED:
            self._view.retry()
        elif self._button is None:
            moves = event.button() == Button.LeftButton and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._button = Button.MiddleButton if moves else event.button()
            self._last = event.position()

    def move(self, event: QMouseEvent) -> None:
        """Go on, drawn small and quick."""
        if self._button is None:
            return
        by, self._last = event.position() - self._last, event.position()
        camera = self._view.camera
        if self._button == Button.LeftButton:
            camera = camera.turned(by.x(), by.y())
        elif self._button == Button.MiddleButton:
            camera = camera.moved(by.x(), by.y(), self._view.height())
        else:
            camera = camera.nearer(_DRAG_ZOOM ** -by.y())
        self._view.set_camera(camera, dragging=True)

    def release(self, event: QMouseEvent) -> None:
        """End when no button is held."""
        if self._button is not None and event.buttons() == Button.NoButton:
            self._button = None
            self._view.settle()

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom."""
        turned = event.angleDelta().y() / _NOTCH
        event.accept()
        if turned:
            self._view.set_camera(self._view.camera.nearer(_WHEEL_ZOOM**turned), dragging=True)
            self._view.settle()
