"""The labels of the case: colour, name, millilitres, eye, lock. What changes the set is one step of undo."""

from __future__ import annotations

import re

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look import figures
from app.look.pieces import EmptyNote, PanelBody, column, push, row
from app.look.style import PAD_PX
from app.model.action import Action, Context, needs_case
from app.panels.label_row import LabelRow, change_labelset
from engine.case.delta import Delta
from engine.case.labelset import Label, LabelSet
from engine.core.errors import InputError
from engine.geometry.box import Box

_SPARE_COLOURS = ("#0072b2", "#e69f00", "#999999", "#8da0cb", "#a6761d", "#66c2a5", "#e78ac3", "#b3b3b3")


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
        colour = free_colour(case.labelset)
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


def free_colour(labelset: LabelSet) -> str:
    """Return a colour that no label of the set has yet, as far as there are spare ones."""
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
