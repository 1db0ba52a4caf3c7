"""One row of the labels panel: colour, name, millilitres, eye, lock."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QColorDialog, QLineEdit, QMenu, QToolButton, QWidget

from app.look.icons import line_icon, swatch
from app.look.pieces import ShortLabel, quiet, row, words
from app.look.tokens import tokens_of
from app.model.session import Session
from engine.case.delta import LabelSetChange
from engine.case.labelset import Label, LabelSet

_ROW = 34


def change_labelset(session: Session, after: LabelSet, title: str) -> None:
    """Put another label set into the case as one step of undo; nothing happens if it is the same."""
    case = session.case
    if case is not None and after != case.labelset:
        case.history.apply(LabelSetChange(case.labelset, after, title))


class LabelRow(QWidget):
    """One label.

    Args:
        session: Whose case it belongs to.
        label: As it is now.
        key: The number key that takes it, or empty.
    """

    remove_asked = Signal(int)

    def __init__(self, session: Session, label: Label, key: str) -> None:
        super().__init__()
        self._session = session
        self._label = label
        self._active = False
        self.setFixedHeight(_ROW)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.colour_button = QToolButton()
        self.colour_button.setProperty("quiet", True)
        self.colour_button.setFixedSize(24, 24)
        self.colour_button.setIconSize(QSize(14, 14))
        self.colour_button.clicked.connect(self.ask_colour)
        self._name = ShortLabel("")
        self.field = QLineEdit()
        self.field.setFixedHeight(26)
        self.field.hide()
        self.field.editingFinished.connect(self._rename)
        self._ml = words("", "muted")
        self._ml.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.eye = quiet("eye", "Show", checkable=True)
        self.lock = quiet("lock-open", "Lock", checkable=True)
        self.eye.clicked.connect(lambda: session.show_label(self._label.id, visible=not self._label.visible))
        self.lock.clicked.connect(self._toggle_lock)
        layout = row(self.colour_button, self._name, self.field, self._ml, 4, self.eye, self.lock, gap=2)
        layout.setContentsMargins(6, 0, 2, 0)
        layout.setStretchFactor(self._name, 1)
        self.setLayout(layout)
        self._key = key
        self.show_label(label)

    @property
    def label(self) -> Label:
        """What it shows."""
        return self._label

    def show_label(self, label: Label) -> None:
        """Show another state of the label."""
        self._label = label
        self.colour_button.setIcon(swatch(label.colour))
        self.colour_button.setAccessibleName(f"Colour of {label.name}")
        self.colour_button.setToolTip(f"Change the colour of {label.name}")
        self._name.set_whole(label.name)
        keys = f" ({self._key})" if self._key else ""
        self._name.setToolTip(f"{label.name}{keys}: a click makes it the active label, a double click renames it.")
        self.setAccessibleName(f"Label {label.name}")
        for button, on, icons, texts in (
            (self.eye, label.visible, ("eye", "eye-off"), ("Hide", "Show")),
            (self.lock, label.locked, ("lock", "lock-open"), ("Unlock", "Lock")),
        ):
            button.setChecked(on)
            name = icons[0] if on else icons[1]
            button.setIcon(line_icon(name, "muted" if on else "disabled"))
            text = f"{texts[0] if on else texts[1]} {label.name}"
            button.setAccessibleName(text)
            button.setToolTip(text if button is self.eye else f"{text}: a locked label never changes.")
        self.update()

    def show_ml(self, text: str) -> None:
        """Show the volume."""
        self._ml.setText(text)

    def set_active(self, *, on: bool) -> None:
        """Mark it as the label that tools use."""
        if on != self._active:
            self._active = on
            self.update()

    # --- what the person does --------------------------------------------------------------------
    def begin_rename(self) -> None:
        """Let the person type another name."""
        self.field.setText(self._label.name)
        self._name.hide()
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def _rename(self) -> None:
        if self.field.isHidden():
            return
        self.field.hide()
        self._name.show()
        name = self.field.text().strip()
        case = self._session.case
        if case is not None and name and name != self._label.name:
            after = case.labelset.changing(self._label.id, name=name)
            change_labelset(self._session, after, f"Rename {self._label.name} to {name}")

    def ask_colour(self) -> None:
        """Let the person pick a colour."""
        picked = QColorDialog.getColor(QColor(self._label.colour), self, f"Colour of {self._label.name}")
        if picked.isValid():
            self.set_colour(picked.name())

    def set_colour(self, colour: str) -> None:
        """Give the label a colour."""
        case = self._session.case
        if case is not None:
            after = case.labelset.changing(self._label.id, colour=colour)
            change_labelset(self._session, after, f"Colour of {self._label.name}")

    def _toggle_lock(self) -> None:
        case = self._session.case
        if case is not None:
            word = "Unlock" if self._label.locked else "Lock"
            after = case.labelset.changing(self._label.id, locked=not self._label.locked)
            change_labelset(self._session, after, f"{word} {self._label.name}")

    # --- Qt --------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click takes the label."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._session.set_label(self._label.id)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """A double click renames."""
        self.begin_rename()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes, F2 renames, Del removes; Esc ends typing."""
        if event.key() == Qt.Key.Key_Escape and self.field.isVisible():
            self.field.setText(self._label.name)
            self._rename()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._session.set_label(self._label.id)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit(self._label.id)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Everything that can be done with the label."""
        menu = self.menu()
        menu.exec(event.globalPos() if not event.globalPos().isNull() else self.mapToGlobal(QPoint(0, _ROW)))
        menu.deleteLater()

    def menu(self) -> QMenu:
        """Return the menu of the label."""
        label = self._label
        menu = QMenu(self)
        menu.addAction("Rename…", self.begin_rename)
        menu.addAction("Colour…", self.ask_colour)
        fill = menu.addAction("Draw as outline only")
        fill.setCheckable(True)
        fill.setChecked(not label.fill)
        fill.triggered.connect(lambda: self._session.show_label(label.id, fill=not label.fill))
        menu.addAction("Show only this", self._show_only)
        menu.addSeparator()
        menu.addAction("Remove", lambda: self.remove_asked.emit(label.id))
        return menu

    def _show_only(self) -> None:
        case = self._session.case
        for other in case.labelset if case is not None else ():
            self._session.show_label(other.id, visible=other.id == self._label.id)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground of the active label and of the one under the mouse or the keyboard."""
        tokens = tokens_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._active or self.underMouse() or self.hasFocus():
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(self.rect().adjusted(0, 1, 0, -1), 6, 6)
        if self._active:
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(0, 9, 3, _ROW - 18, 1.5, 1.5)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Redraw when the mouse comes and goes."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)
