"""The small pieces every panel is made of: words in their roles, buttons, hairlines, empty and busy states."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.look.icons import icon_pixmap, line_icon
from app.look.style import CONTROL_PX, GAP_PX, PAD_PX
from app.look.tokens import tokens_of

_COMBO_INSET_PX = 8
_INDENT_PX = 6
_FRAME_PX = 48
_MOVES = {
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Space,
}


def words(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label; `role` is one of the style sheet's: title, muted, small, figure, key, good, doubtful, bad."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    if wrap:
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def keep_room(label: QLabel, *texts: str) -> None:
    """Make a label at least as wide as any of the texts, and as what it says now: its neighbours stand still."""
    label.ensurePolished()
    metrics = label.fontMetrics()
    widest = max(metrics.horizontalAdvance(text) for text in (*texts, label.text())) + 2  # as the hint rounds up
    if widest > label.minimumWidth():
        label.setMinimumWidth(widest)


def set_role(label: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet."""
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def push(text: str, tip: str = "", *, primary: bool = False, icon: str = "", flat: bool = False) -> QPushButton:
    """Return a button with words."""
    button = QPushButton(text)
    button.setProperty("primary", primary)
    if flat:
        button.setProperty("flat", True)
    if icon:
        button.setIcon(line_icon(icon, "on_accent" if primary else ""))
        button.setIconSize(QSize(18, 18))
        button.setText(f"\u2002{text}")  # Qt leaves no gap of its own
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setAccessibleDescription(tip)
    button.setFixedHeight(CONTROL_PX)
    button.setAutoDefault(False)
    return button


def quiet(icon: str, name: str, tip: str = "", *, checkable: bool = False) -> QToolButton:
    """Return a small button with an icon only; `name` is what screen readers say and the tip's first words."""
    button = QToolButton()
    button.setProperty("quiet", True)
    button.setIcon(line_icon(icon, "muted"))
    button.setIconSize(QSize(16, 16))
    button.setFixedSize(24, 24)
    button.setText(name)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    button.setCheckable(checkable)
    return button


def indent(field: QAbstractSpinBox) -> None:
    """Let the figures of a field begin where the words of other fields begin; no style sheet reaches them."""
    field.lineEdit().setTextMargins(_INDENT_PX, 0, 0, 0)


def resize_on_screen(dialog: QWidget, width: int, height: int) -> None:
    """Give a dialog its size, or as much of it as the screen has beside the frame."""
    room = dialog.screen().availableSize()
    dialog.resize(min(width, room.width() - 16), min(height, room.height() - _FRAME_PX))


def hairline() -> QFrame:
    """Return a line of one pixel."""
    line = QFrame()
    line.setObjectName("line")
    line.setFixedHeight(1)
    return line


def fill(layout: QLayout, *items: QWidget | QLayout | int | None) -> QLayout:
    """Put things into a box layout: widgets, layouts, gaps in pixels, None for what stretches."""
    for item in items:
        if item is None:
            layout.addStretch(1)  # pyright: ignore[reportAttributeAccessIssue]
        elif isinstance(item, int):
            layout.addSpacing(item)  # pyright: ignore[reportAttributeAccessIssue]
        elif isinstance(item, QLayout):
            layout.addLayout(item)  # pyright: ignore[reportAttributeAccessIssue]
        else:
            layout.addWidget(item)
    return layout


def row(*items: QWidget | QLayout | int | None, gap: int = GAP_PX) -> QHBoxLayout:
    """Return a row without margins."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    fill(layout, *items)
    return layout


def column(*items: QWidget | QLayout | int | None, gap: int = GAP_PX, margin: int = 0) -> QVBoxLayout:
    """Return a column."""
    layout = QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    fill(layout, *items)
    return layout


def beside(mark: QWidget, words_of_it: QLayout, *, gap: int = 16) -> QHBoxLayout:
    """Return a mark at the upper left and words that take the rest of the width."""
    layout = row(mark, gap=gap)
    layout.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
    layout.addLayout(words_of_it, 1)
    return layout


class PanelBody(QWidget):
    """What a panel lies in. Lists, sliders and fields inside keep their arrow keys; elsewhere those scroll slices."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that move inside a list from becoming shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and event.key() in _MOVES:
                event.accept()
                return True
        return super().event(event)


class EmptyNote(QWidget):
    """What a panel shows when there is nothing yet: a drawing, what would be here, what to do.

    Args:
        icon: Name of the line icon.
        title: A few words.
        text: One sentence.
    """

    def __init__(self, icon: str, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = words(title, "muted")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = words(text, "small", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setLayout(column(None, self._picture, self._title, self._text, None, gap=6, margin=PAD_PX))
        self._text.setVisible(bool(text))  # in its place by now: before, it would come up as a window of its own
        self._draw()

    def say(self, title: str, text: str = "") -> None:
        """Show other words."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icon in another theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)

    def _draw(self) -> None:
        self._picture.setPixmap(icon_pixmap(self._icon, 28, "disabled", ratio=self.devicePixelRatioF()))


class Skeleton(QWidget):
    """Grey bars in the place of rows that are on their way. Nothing moves.

    Args:
        rows: How many.
        row_px: Height of one row.
    """

    def __init__(self, rows: int = 5, row_px: int = 32, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._row_px = row_px
        self.setMinimumHeight(rows * row_px)
        self.setAccessibleName("Loading")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens_of(self.palette()).raised))
        width = self.width() - 2 * PAD_PX
        for k in range(self._rows):
            middle = k * self._row_px + self._row_px / 2
            share = (0.56, 0.72, 0.44, 0.64, 0.5)[k % 5]
            painter.drawRoundedRect(QRectF(PAD_PX, middle - 5, width * share, 10), 5, 5)
            painter.drawRoundedRect(QRectF(PAD_PX + width * 0.86, middle - 5, width * 0.14, 10), 5, 5)
        painter.end()


class ShortLabel(QLabel):
    """One line with … where space does not suffice; the whole text is its tip.

    Args:
        text: The line.
        role: One of the style sheet's, as for `words`.
        cut: Where it is shortened: at the end, or, for a path, in the middle.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "",
        parent: QWidget | None = None,
        *,
        cut: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._whole = ""
        self._mode = cut
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)
        self.set_whole(text)

    @property
    def whole(self) -> str:
        """The text without cuts."""
        return self._whole

    def set_whole(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: QEvent) -> None:  # type: ignore[override]
        """Cut anew."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._cut()

    def _cut(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._whole, self._mode, max(self.width(), 8))
        self.setText(shown)


class ShortCombo(QComboBox):
    """A choice whose words end in … where space does not suffice; the style sheet would cut through a letter."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame, the arrow and as much of the words as fits."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        style = self.style()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width() - _COMBO_INSET_PX
        text, elide = self.currentText(), Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(text, elide, max(room, 8))  # type: ignore[attr-defined]
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def types_text(widget: QWidget | None = None) -> bool:
    """Whether the widget that has the keyboard takes letters or arrows for itself."""
    at = QApplication.focusWidget() if widget is None else widget
    return isinstance(at, (QAbstractSpinBox, QComboBox, QAbstractSlider)) or (
        at is not None and at.inherits("QLineEdit")
    )
