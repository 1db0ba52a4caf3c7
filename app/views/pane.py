"""A pane: slim title in the colour of its plane, the picture, and for slices the bar beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.look.icons import line_icon
from app.look.tokens import tokens_of
from app.views.colours import PLANE_TITLES, plane_colour
from app.views.halo import pane_font
from app.views.slice_bar import SliceBar
from app.views.slice_view import SliceView

TITLE_PX = 24
_MARK_PX = 3


class PaneTitle(QWidget):
    """Slim bar over a pane. A double click makes the pane whole, and back."""

    toggled = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.note = ""
        """Muted words beside the name."""
        self.active = False
        self.setFixedHeight(TITLE_PX)
        self.setAccessibleName(f"{PLANE_TITLES[name]} pane")
        self.setToolTip("Double click makes this pane whole, and back (M)")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(8, 0, 2, 0)
        self.row.setSpacing(2)
        self.row.addStretch(1)
        self._button = QToolButton(self)
        self._button.setProperty("quiet", True)
        self._button.setIcon(line_icon("maximize-2", "muted"))
        self._button.setIconSize(QSize(13, 13))
        self._button.setFixedSize(20, 20)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.setAutoRaise(True)
        self._button.clicked.connect(self.toggled)
        self.row.addWidget(self._button)
        self.set_whole(on=False)

    def set_whole(self, *, on: bool) -> None:
        """Tell whether the pane fills the middle."""
        words = "Show all panes again" if on else "Make this pane whole"
        self._button.setAccessibleName(words)
        self._button.setToolTip(f"{words} (M)")

    def set_note(self, text: str) -> None:
        """Write a few muted words beside the name."""
        if text != self.note:
            self.note = text
            self.update()

    def set_active(self, *, on: bool) -> None:
        """Tell whether the keys go to this pane."""
        if on != self.active:
            self.active = on
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the mark, the name and the note."""
        tokens = tokens_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.raised if self.active else tokens.panel))
        colour = plane_colour(self._name)
        painter.fillRect(QRectF(0, 0, _MARK_PX, self.height()), colour)
        # The plane colours are made for black; on a light title they would not be read.
        painter.setPen(colour if tokens.name == "dark" else QColor(tokens.text))
        painter.setFont(pane_font(12, bold=True))
        left = _MARK_PX + 7
        title = PLANE_TITLES[self._name]
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        buttons = self.childrenRect().left()
        wide = painter.fontMetrics().horizontalAdvance(title)
        if left + wide > buttons:
            return  # a narrow pane keeps its buttons; the mark's colour tells the plane
        painter.drawText(QRectF(left, 0, buttons - left, self.height()), middle, title)
        if self.note:
            left += wide + 10
            painter.setFont(pane_font(12))
            painter.setPen(QColor(tokens.muted))
            painter.drawText(QRectF(left, 0, buttons - left - 4, self.height()), middle, self.note)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Make the pane whole, and back."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggled.emit()


class Pane(QWidget):
    """Title and picture.

    Args:
        name: A plane or ``"volume"``.
        view: The picture.
    """

    toggled = Signal(str)
    """The person wants it whole, or all panes again; the argument is its name."""

    def __init__(self, name: str, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.view = view
        self.title = PaneTitle(name, self)
        self.title.toggled.connect(lambda: self.toggled.emit(self.name))
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(view, 1)
        if isinstance(view, SliceView):
            body.addWidget(SliceBar(view, self))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addLayout(body, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 92)
        self.setAccessibleName(f"{PLANE_TITLES[name]} pane")
