"""The bar beside a slice pane: where in the stack the pane is; dragged, it scrolls."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views.colours import PANE_BACKGROUND, PLANE_TITLES, plane_colour
from app.views.slice_view import SliceView

WIDTH_PX = 14
_HANDLE_PX = 22
_INSET_PX = 6
_TRACK = QColor(255, 255, 255, 38)


class SliceBar(QWidget):
    """Upright bar; its upper end is the head (or the front, or the right side).

    Args:
        view: The pane it scrolls.
    """

    def __init__(self, view: SliceView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._lit = False
        self.setFixedWidth(WIDTH_PX)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"{PLANE_TITLES[view.plane]} slice bar")
        self.setToolTip("Drag to scroll through the slices")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        view.slice_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Ask for its own width."""
        return QSize(WIDTH_PX, 120)

    def _way(self) -> float:
        return max(1.0, self.height() - 2 * _INSET_PX - _HANDLE_PX)

    def _share(self) -> float:
        """Return 0 at the upper end … 1 at the lower."""
        frame = self._view.frame
        if frame is None or frame.count < 2:
            return 0.5
        share = self._view.index / (frame.count - 1)
        return 1 - share if frame.upward > 0 else share

    def _scroll_to(self, at: QPointF) -> None:
        frame = self._view.frame
        if frame is None or frame.count < 2:
            return
        share = min(1.0, max(0.0, (at.y() - _INSET_PX - _HANDLE_PX / 2) / self._way()))
        self._view.show_slice(round((1 - share if frame.upward > 0 else share) * (frame.count - 1)))

    def handle(self) -> QRectF:
        """Return where the handle lies."""
        top = _INSET_PX + self._share() * self._way()
        return QRectF(self.width() / 2 - 2.5, top, 5, _HANDLE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw track and handle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), PANE_BACKGROUND)
        if self._view.frame is None:
            return
        painter.fillRect(self.width() // 2 - 1, _INSET_PX, 2, self.height() - 2 * _INSET_PX, _TRACK)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colour = QColor(plane_colour(self._view.plane))
        colour.setAlpha(255 if self._lit else 180)
        painter.setBrush(colour)
        painter.drawRoundedRect(self.handle(), 2.5, 2.5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the slice under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._lit = True
            self._scroll_to(event.position())
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scroll along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scroll_to(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._lit = False
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll as the pane does."""
        self._view.wheelEvent(event)
