"""The labels of the case: colour, name, millilitres, eye, lock. What changes the set is one step of undo."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QColorDialog, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from app.look import figures
from app.look.icons import line_icon, swatch
from app.look.pieces import EmptyNote, PanelBody, ShortLabel, column, push, quiet, row, words
from app.look.style import PAD_PX
from app.look.tokens import tokens_of
from app.model.action import Action, Context, needs_case
from app.model.session import Session
from engine.case.delta import Delta, LabelSetChange
from engine.case.labelset import Label, LabelSet
from engine.core.errors import InputError
from engine.geometry.box import Box

_ROW = 34
_SPARE_COLOURS = ("#0072b2", "#e69f00", "#999999", "#8da0cb", "#a6761d", "#66c2a5", "#e78ac3", "#b3b3b3")


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
        self._ml.setMinimumWidth(54)
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


class LabelsPanel(PanelBody):
    """Rows in the order of the label set, and a button for one more."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._session = context.session
        self.rows: dict[int, LabelRow] = {}
        self._place = QVBoxLayout()
        self._place.setSpacing(0)
        self.add_button = push("Add label", "One more label, for something of your own.", icon="plus", flat=True)
        self.add_button.clicked.connect(self.add)
        self._empty = EmptyNote("layers", "No labels yet", "Open a study; its labels are listed here.")
        self._body = QWidget()
        self._body.setLayout(column(self._place, row(self.add_button, None), None, gap=4))
        self.setLayout(column(self._body, self._empty, gap=0, margin=PAD_PX))
        self.layout().setContentsMargins(8, 2, 8, 8)  # pyright: ignore[reportOptionalMemberAccess]
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.show_labels)
        self._session.case_changed.connect(self.show_labels)
        self._session.labels_changed.connect(lambda _change: self._soon.start())
        self._session.label_changed.connect(self._mark)
        self.show_labels()

    def show_labels(self) -> None:
        """Show the label set and the volumes as they are."""
        case = self._session.case
        self._body.setVisible(case is not None)
        self._empty.setVisible(case is None)
        labels = case.labelset.labels if case is not None else ()
        if [x.id for x in labels] != list(self.rows):
            self._build(labels)
        counts = case.labels.counts if case is not None else None
        for label in labels:
            line = self.rows[label.id]
            if line.label != label:
                line.show_label(label)
            if case is not None and counts is not None:
                count = int(counts[label.id])
                line.show_ml(figures.ml(count * case.volume.grid.voxel_ml) if count else "")
        self._mark()

    def add(self) -> LabelRow | None:
        """Add a label and let the person name it."""
        case = self._session.case
        if case is None:
            return None
        try:
            number = case.labelset.free_id()
        except InputError as error:
            self._context.host.show_problem(error)
            return None
        name = _free_name(case.labelset, "New label")
        colour = _free_colour(case.labelset)
        label = Label(number, key_of(name, case.labelset), name, colour)
        change_labelset(self._session, case.labelset.adding(label), f"Add {name}")
        self.show_labels()
        self._session.set_label(number)
        line = self.rows[number]
        line.begin_rename()
        return line

    def remove(self, label_id: int) -> None:
        """Remove a label; its voxels become background first, as a step of their own."""
        case = self._session.case
        label = case.labelset.by_id(label_id) if case is not None else None
        if case is None or label is None:
            return
        if label.locked:
            self._session.message.emit(f"{label.name} is locked. Unlock it first.")
            return
        if case.labels.counts[label_id]:
            mask = case.labels.data == label_id
            box = Box.of_mask(mask)
            if box is not None:
                after = case.labels.data[box.slices].copy()
                after[mask[box.slices]] = 0
                case.history.apply(Delta.between(case.labels, box, after, title=f"Clear {label.name}"))
        change_labelset(self._session, case.labelset.without(label_id), f"Remove {label.name}")
        if self._session.label is None and len(case.labelset):
            self._session.set_label(case.labelset.labels[0].id)

    def _build(self, labels: tuple[Label, ...]) -> None:
        for line in self.rows.values():
            line.hide()
            self._place.removeWidget(line)
            line.deleteLater()
        self.rows = {}
        for k, label in enumerate(labels, start=1):
            line = LabelRow(self._session, label, str(k) if k <= 9 else "")
            line.remove_asked.connect(self.remove)
            self._place.addWidget(line)
            self.rows[label.id] = line

    def _mark(self) -> None:
        for number, line in self.rows.items():
            line.set_active(on=number == self._session.label_id)


def key_of(name: str, labelset: LabelSet) -> str:
    """Return a stable key for a name that no label of the set has yet."""
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "label"
    key, k = base, 2
    while labelset.by_key(key) is not None:
        key, k = f"{base}_{k}", k + 1
    return key


def _free_name(labelset: LabelSet, base: str) -> str:
    taken = {x.name for x in labelset}
    name, k = base, 2
    while name in taken:
        name, k = f"{base} {k}", k + 1
    return name


def _free_colour(labelset: LabelSet) -> str:
    taken = {x.colour.lower() for x in labelset}
    return next((c for c in _SPARE_COLOURS if c not in taken), _SPARE_COLOURS[len(labelset) % len(_SPARE_COLOURS)])


def _lock_active(context: Context) -> None:
    session = context.session
    if session.case is not None and session.label is not None:
        label = session.label
        after = session.case.labelset.changing(label.id, locked=not label.locked)
        change_labelset(session, after, f"{'Unlock' if label.locked else 'Lock'} {label.name}")


def _needs_label(context: Context) -> str | None:
    return needs_case(context) or (None if context.session.label is not None else "Take a label first.")


def _show_all(context: Context) -> None:
    case = context.session.case
    for label in case.labelset if case is not None else ():
        context.session.show_label(label.id, visible=True)


ACTIONS: tuple[Action, ...] = (
    Action(
        "label.lock",
        "Lock label",
        "Keep the active label from any change, by you or by a network.",
        _lock_active,
        menu="Labels",
        icon="lock",
        disabled_because=_needs_label,
        checked=lambda context: bool(context.session.label and context.session.label.locked),
    ),
    Action(
        "label.show_all",
        "Show all labels",
        "Draw every label again.",
        _show_all,
        menu="Labels",
        icon="eye",
        disabled_because=needs_case,
    ),
)
