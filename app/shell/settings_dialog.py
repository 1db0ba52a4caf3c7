"""The settings: every control works at once; nothing waits for an OK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDialog,
    QGridLayout,
    QKeySequenceEdit,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.look.icons import swatch
from app.look.pieces import ShortLabel, column, indent, push, resize_on_screen, row, words
from app.model.prefs import Preferences
from app.shell.actions import ActionTable
from app.shell.shortcuts import conflicts, normal
from engine.case.labelset import default_labelset
from engine.case.shelf import room
from engine.core.paths import config_dir, data_dir, state_dir

_SCALES = (0, 100, 125, 150, 175, 200, 225, 250)


class SettingsDialog(QDialog):
    """Look, work, labels, keys.

    Args:
        preferences: What is changed.
        table: The actions, for their keys.
    """

    def __init__(self, preferences: Preferences, table: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        resize_on_screen(self, 660, 560)
        self._preferences = preferences
        self._table = table
        self.tabs = QTabWidget()
        self.tabs.addTab(self._look_page(), "Look")
        self.tabs.addTab(self._work_page(), "Work")
        self.tabs.addTab(self._labels_page(), "Labels")
        self.tabs.addTab(self._keys_page(), "Keys")
        reset = push("All defaults", "Put every setting back to what it was at first.", flat=True)
        reset.clicked.connect(self._reset)
        close = push("Close", "What you changed is in force already.", primary=True)
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(16)
        layout.addWidget(self.tabs)
        layout.addLayout(row(reset, None, close))

    # --- pages -----------------------------------------------------------------------------------
    def _look_page(self) -> QWidget:
        now = self._preferences.now
        self.theme = _choice(("dark", "light"), ("Dark", "Light"), now.theme, self._set("theme"))
        self.scale = _choice(
            _SCALES,
            tuple("As the screen" if s == 0 else f"{s}\u2009%" for s in _SCALES),
            now.scale_percent,
            self._set("scale_percent"),
        )
        self.smooth = _switch("Smooth pixels on screen", now.interpolate, self._set("interpolate"))
        self.reopen = _switch("Start with the grey window used last", now.reopen_window, self._set("reopen_window"))
        return _page(
            _line("Theme", self.theme),
            _line("Size of everything", self.scale, "From the next start on."),
            self.smooth,
            self.reopen,
        )

    def _work_page(self) -> QWidget:
        now = self._preferences.now
        self.device = _choice(
            ("auto", "cpu", "cuda"), ("Automatic", "Processor (CPU)", "Graphics card"), now.device, self._set("device")
        )
        self.threads = _number(0, 256, now.threads, "", self._set("threads"))
        self.threads.setSpecialValueText("Automatic")
        self.undo = _number(64, 16384, now.undo_mib, "\u2009MiB", self._set("undo_mib"))
        self.kept = _number(256, 1 << 20, now.kept_mib, "\u2009MiB", self._set("kept_mib"))
        self.kept.setToolTip("Beyond it the oldest exported cases are removed; what was never exported stays.")
        taken = room(state_dir() / "cases", 0).nbytes / (1 << 20)
        self.recent = _switch("Remember recent studies", now.keep_recent, self._set("keep_recent"))
        places = [
            ShortLabel(f"{what}: {path}", "small", cut=Qt.TextElideMode.ElideMiddle)
            for what, path in (("Settings", config_dir()), ("Cases and log", state_dir()), ("Weights", data_dir()))
        ]
        return _page(
            _line("Networks run on", self.device),
            _line("Threads of networks", self.threads),
            _line("Memory for undo", self.undo, "For cases opened from now on."),
            _line("Room for kept cases", self.kept, f"{taken:.0f}\u2009MiB taken."),
            self.recent,
            words("Their paths may hold names; they stay on this machine.", "small"),
            12,
            words("Where things lie", "muted"),
            *places,
        )

    def _labels_page(self) -> QWidget:
        self.colours: dict[str, QWidget] = {}
        lines: list[QWidget] = []
        for label in default_labelset():
            colour = self._preferences.now.label_colours.get(label.key, label.colour)
            button = push(colour, f"Colour of {label.name} in cases opened from now on.")
            button.setIcon(swatch(colour))
            button.setAccessibleName(f"Colour of {label.name}")
            button.clicked.connect(lambda _on=False, key=label.key, b=button: self._pick_colour(key, b))
            self.colours[label.key] = button
            lines.append(_line(label.name, button))
        note = words("The colours of the open case are changed in the labels panel.", "small")
        return _page(*lines, note)

    def _keys_page(self) -> QWidget:
        self.key_fields: dict[str, QKeySequenceEdit] = {}
        self.key_problem = words("", "bad", wrap=True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for r, action in enumerate(self._table.actions):
            field = QKeySequenceEdit(QKeySequence(next(iter(self._table.keys(action.id)), "")))
            field.setMaximumSequenceLength(1)
            field.setClearButtonEnabled(True)
            field.setFixedWidth(170)
            field.setAccessibleName(f"Key of {action.title}")
            field.editingFinished.connect(lambda name=action.id: self._set_key(name))
            self.key_fields[action.id] = field
            title = words(action.title.rstrip("…"))
            title.setToolTip(action.tip)
            grid.addWidget(title, r, 0)
            grid.addWidget(words(action.menu.replace("/", " › "), "small"), r, 1)
            grid.addWidget(field, r, 2)
        content = QWidget()
        content.setObjectName("content")
        content.setLayout(grid)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        page = QWidget()
        page.setLayout(column(self.key_problem, area, gap=8, margin=8))
        self.key_problem.hide()
        return page

    # --- changes ---------------------------------------------------------------------------------
    def _set(self, name: str) -> Callable[[Any], None]:
        return lambda value: self._preferences.update(**{name: value})

    def _pick_colour(self, key: str, button: Any) -> None:  # noqa: ANN401 - a push button
        now = QColor(button.text().strip())
        picked = QColorDialog.getColor(now, self, button.accessibleName())
        if picked.isValid():
            self.set_colour(key, picked.name())

    def set_colour(self, key: str, colour: str) -> None:
        """Give a label another colour in cases to come."""
        self._preferences.update(label_colours={**self._preferences.now.label_colours, key: colour})
        button: Any = self.colours[key]
        button.setText(f"\u2002{colour}")
        button.setIcon(swatch(colour))

    def _set_key(self, name: str) -> None:
        typed = normal(self.key_fields[name].keySequence().toString(QKeySequence.SequenceFormat.PortableText))
        action = self._table.action(name)
        if typed == normal(next(iter(self._table.keys(name)), "")):
            return
        changed = dict(self._preferences.now.keys)
        given = normal(next(iter(action.keys), ""))
        if typed == given:
            changed.pop(name, None)
        else:
            changed[name] = (typed,) if typed else ()
        clash = next((c for c in conflicts(self._table.actions, changed) if name in (c[1].id, c[2].id)), None)
        self.key_problem.setVisible(clash is not None)
        if clash is not None:
            keys, first, second = clash
            other = second if first.id == name else first
            self.key_problem.setText(
                f"{keys} belongs to “{other.title.rstrip('…')}” already; “{action.title.rstrip('…')}” keeps its key."
            )
            self.key_fields[name].setKeySequence(QKeySequence(next(iter(self._table.keys(name)), "")))
            return
        self._preferences.update(keys=changed)

    def _reset(self) -> None:
        self._preferences.reset()
        self.accept()


def _page(*items: QWidget | int) -> QWidget:
    page = QWidget()
    page.setLayout(column(*items, None, gap=10, margin=12))
    return page


def _line(name: str, control: QWidget, note: str = "") -> QWidget:
    line = QWidget()
    control.setMinimumWidth(190)
    label = words(name)
    label.setBuddy(control)
    line.setLayout(row(label, None, words(note, "small"), control))
    if not control.accessibleName():
        control.setAccessibleName(name)
    return line


def _choice(values: tuple[Any, ...], texts: tuple[str, ...], now: object, change: Callable[[Any], None]) -> QComboBox:
    box = QComboBox()
    box.addItems(texts)
    box.setCurrentIndex(values.index(now) if now in values else 0)
    box.currentIndexChanged.connect(lambda at: change(values[at]))
    return box


def _switch(text: str, now: bool, change: Callable[[Any], None]) -> QCheckBox:  # noqa: FBT001 - a value
    box = QCheckBox(text)
    box.setChecked(now)
    box.setAccessibleName(text)
    box.toggled.connect(change)
    return box


def _number(low: int, high: int, now: int, unit: str, change: Callable[[Any], None]) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(now)
    box.setSuffix(unit)
    box.setKeyboardTracking(False)
    indent(box)
    box.valueChanged.connect(change)
    return box
