"""What mouse and keyboard do in a slice pane. One gesture at a time, begun by a press, ended by its release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from app.model.tool import Tool
from app.views.toolsize import resize_tool
from engine.core.errors import GroundglassError
from engine.geometry.hu import LUNG, Window, automatic_window

if TYPE_CHECKING:
    from app.views.slice_view import SliceView

_NOTCH = 120
_ZOOM_STEP = 1.15
_KEY_ZOOM = 1.25
_FAR = 1 << 20
_STEPS = {"up": 1, "down": -1, "page-up": 10, "page-down": -10, "first": _FAR, "last": -_FAR}
_ZOOMS = {"zoom-in": _KEY_ZOOM, "zoom-out": 1 / _KEY_ZOOM}
_HU_PER_PX = 1 / 300
"""Share of the width at press per pixel: fine in a narrow window, quick in a wide one."""

Button = Qt.MouseButton
Modifier = Qt.KeyboardModifier


class _Drag(Protocol):
    button: Qt.MouseButton

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None: ...

    def end(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None: ...

    def cancel(self) -> None: ...


class _Pan:
    def __init__(self, view: SliceView, at: QPointF, button: Qt.MouseButton) -> None:
        self.button = button
        self._view, self._last = view, at

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self._view.pan(at.x() - self._last.x(), at.y() - self._last.y())
        self._last = at

    def end(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.move(at, modifiers)

    def cancel(self) -> None:
        pass


class _Level:
    button = Button.RightButton

    def __init__(self, view: SliceView, at: QPointF) -> None:
        self._view, self._start, self._from = view, at, view.session.window

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        by = at - self._start
        if by.isNull() and self._view.session.window == self._from:
            return
        pace = max(self._from.width, 100.0) * _HU_PER_PX
        level, width = self._from.level - by.y() * pace, self._from.width + by.x() * pace
        self._view.session.set_window(Window(round(level), max(1, round(width))))

    def end(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.move(at, modifiers)

    def cancel(self) -> None:
        self._view.session.set_window(self._from)


class _Stroke:
    button = Button.LeftButton

    def __init__(self, view: SliceView, tool: Tool) -> None:
        self._view, self._tool = view, tool

    def move(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        pointer = self._view.pointer(at, modifiers)
        if pointer is not None:
            self._tool.move(pointer)

    def end(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        pointer, case = self._view.pointer(at, modifiers), self._view.session.case
        if pointer is None or case is None:
            return
        case.history.apply(self._tool.release(pointer))

    def cancel(self) -> None:
        self._tool.cancel()


class Gestures:
    """The hands of one slice pane.

    Args:
        view: The pane.
    """

    def __init__(self, view: SliceView) -> None:
        self._view = view
        self._drag: _Drag | None = None
        self._space = False
        self._notches = 0.0

    @property
    def busy(self) -> bool:
        """Whether a button is held."""
        return self._drag is not None

    # --- mouse -----------------------------------------------------------------------------------
    def press(self, event: QMouseEvent) -> None:
        """Begin the gesture of a button; the others do nothing while one is held."""
        view = self._view
        if view.frame is None or self._drag is not None:
            return
        at = event.position()
        if event.button() == Button.MiddleButton or (event.button() == Button.LeftButton and self._space):
            self._drag = _Pan(view, at, event.button())
        elif event.button() == Button.RightButton:
            self._drag = _Level(view, at)
        elif event.button() == Button.LeftButton:
            self._drag = self._left(at, event.modifiers())

    def _left(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> _Drag | None:
        view = self._view
        pointer = view.pointer(at, modifiers)
        tool = view.tool_of(view.session.tool)
        if pointer is None or tool is None:
            return None
        reason = tool.reason_against(pointer)
        if reason:
            view.session.message.emit(reason)
            return None
        stroke = _Stroke(view, tool)
        return stroke if self._try(lambda: tool.press(pointer), stroke) else None

    def move(self, event: QMouseEvent) -> None:
        """Go on with the gesture, or follow the mouse."""
        view, at = self._view, event.position()
        if view.frame is None:
            return
        view.hover = at
        if self._drag is not None:
            drag = self._drag
            self._try(lambda: drag.move(at, event.modifiers()), drag)
        elif event.modifiers() & Modifier.ShiftModifier and not event.buttons():
            set_crosshair(view, at)
        view.session.pointer_moved.emit(view.voxel_at(at))
        view.show_outline(view.pointer(at, event.modifiers()))
        view.show_readout()

    def release(self, event: QMouseEvent) -> None:
        """End the gesture of this button."""
        drag = self._drag
        if drag is None or event.button() != drag.button:
            return
        self._drag = None
        self._try(lambda: drag.end(event.position(), event.modifiers()), drag)
        self._view.show_outline(self._view.pointer(event.position(), event.modifiers()))

    def double_click(self, event: QMouseEvent) -> None:
        """Reset the window with the right button; else it is one more press."""
        case = self._view.session.case
        if event.button() == Button.RightButton and case is not None:
            self._view.session.set_window(LUNG if case.volume.has_hu else automatic_window(case.volume.hu))
        else:
            self.press(event)

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll; zoom with Ctrl; change the tool's size with Shift."""
        view = self._view
        # With Shift (or Alt) some systems turn the wheel sideways.
        turned = event.angleDelta().y() or event.angleDelta().x()
        event.accept()
        if view.frame is None or turned == 0:
            return
        if event.modifiers() & Modifier.ControlModifier:
            view.zoom(_ZOOM_STEP ** (turned / _NOTCH), event.position())
            return
        self._notches += turned / _NOTCH
        steps = int(self._notches)  # a touchpad sends parts of a notch
        self._notches -= steps
        if steps and event.modifiers() & Modifier.ShiftModifier:
            self._resize_tool(steps)
        elif steps:
            view.show_slice(view.index + steps * view.frame.upward)

    # --- keyboard --------------------------------------------------------------------------------
    def wants(self, event: QKeyEvent) -> bool:
        """Whether the pane needs a key that a shortcut of the window might take."""
        return event.key() == Qt.Key.Key_Escape and (self.busy or self._tool_waits())

    def key(self, event: QKeyEvent) -> bool:
        """Take Space and Esc; returns False for keys that are not the pane's. The others are actions."""
        if event.key() == Qt.Key.Key_Escape:
            return self._escape()
        if event.key() == Qt.Key.Key_Space and self._view.frame is not None:
            self._space = True
            return True
        return False

    def key_up(self, event: QKeyEvent) -> bool:
        """Let go of Space; returns whether it was that."""
        if event.key() != Qt.Key.Key_Space:
            return False
        if not event.isAutoRepeat():
            self._space = False
        return True

    def forget_keys(self) -> None:
        """The keyboard went elsewhere."""
        self._space = False

    def act(self, name: str) -> bool:
        """Do what an action asks of the pane; returns whether the pane knows it."""
        view = self._view
        if view.frame is None:
            return False
        if name in _STEPS:
            view.show_slice(view.index + _STEPS[name] * view.frame.upward)
        elif name in _ZOOMS:
            view.zoom(_ZOOMS[name], view.hover)
        elif name == "fit":
            view.fit()
        else:
            return False
        return True

    def _escape(self) -> bool:
        """Drop the gesture in the air, or the tool's preview; else Esc is the window's."""
        session = self._view.session
        if self._drag is not None:
            drag, self._drag = self._drag, None
            drag.cancel()
            return True
        tool = self._view.tool_of(session.tool)
        if tool is not None and (session.preview is not None or self._tool_waits()):
            tool.cancel()
            if self._view.hover is not None:
                self._view.show_outline(self._view.pointer(self._view.hover, Modifier.NoModifier))
            return True
        return False

    def _tool_waits(self) -> bool:
        """Whether the tool has begun something that goes on with the next click."""
        return bool(getattr(self._view.tool_of(self._view.session.tool), "in_the_air", False))

    def _resize_tool(self, steps: int) -> None:
        view = self._view
        text = resize_tool(view.session, view.tool_of(view.session.tool), steps)
        if text:
            view.session.message.emit(text)
        if view.hover is not None:
            view.show_outline(view.pointer(view.hover, Modifier.NoModifier))

    def _try(self, act: object, drag: _Drag) -> bool:
        try:
            act()  # type: ignore[operator]
        except GroundglassError as error:
            drag.cancel()
            self._drag = None
            self._view.session.message.emit(str(error))
            return False
        return True


def set_crosshair(view: SliceView, at: QPointF) -> None:
    """Put the crosshair under a logical pixel; outside the slice on its edge."""
    pointer = view.pointer(at, Modifier.NoModifier)
    if pointer is not None:
        z, y, x = (int(v // 1) for v in (i + 0.5 for i in pointer.index_zyx))
        view.session.set_cursor((z, y, x))
