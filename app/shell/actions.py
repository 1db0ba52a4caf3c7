"""Gathers every ACTIONS table into one, and turns each row into a QAction that menus, toolbar and keys share."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterable, Mapping
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence

from app.look.icons import line_icon
from app.model.action import Action, Context
from app.panels.registry import PANELS
from app.shell.commands import ACTIONS as COMMANDS
from app.shell.shortcuts import keys_of, refuse_conflicts
from app.tools.registry import tool_actions
from engine.core.errors import GroundglassError, WorkerError

VIEW_TABLES = ("app.views.actions",)
"""Modules of views that hold ACTIONS."""


def gather() -> tuple[Action, ...]:
    """Return every action of the program, in menu order."""
    modules = [*VIEW_TABLES, *(PANELS.entry(name).target.partition(":")[0] for name in PANELS)]
    found = [*COMMANDS, *tool_actions()]
    for name in dict.fromkeys(modules):
        found += getattr(importlib.import_module(name), "ACTIONS", ())
    return tuple(found)


class ActionTable(QObject):
    """The actions of one window, alive: enabled or not, with the reason in the tip, under the person's keys.

    Args:
        actions: Every action; ids are unique.
        context: What they get.
        changed_keys: The person's own keys by action id.

    Raises:
        InputError: two actions on one key.
    """

    ran = Signal(str)
    """Id of an action that ran."""

    def __init__(
        self,
        actions: Iterable[Action],
        context: Context,
        changed_keys: Mapping[str, tuple[str, ...]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.actions = tuple(actions)
        self.context = context
        self._keys: dict[str, tuple[str, ...]] = {}
        self._live: dict[str, QAction] = {a.id: self._make(a) for a in self.actions}
        self._by_id = {a.id: a for a in self.actions}
        self._reasons: dict[str, str | None] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        self.set_keys(changed_keys)

    def __getitem__(self, action_id: str) -> QAction:
        return self._live[action_id]

    def action(self, action_id: str) -> Action:
        """Return the row of the table."""
        return self._by_id[action_id]

    def keys(self, action_id: str) -> tuple[str, ...]:
        """Return the keys an action has now, as Qt writes them."""
        return self._keys[action_id]

    def reason(self, action_id: str) -> str | None:
        """Return why an action cannot run now, or None."""
        return self._by_id[action_id].disabled_because(self.context)

    def set_keys(self, changed: Mapping[str, tuple[str, ...]]) -> None:
        """Put the person's keys in the place of the given ones.

        Raises:
            InputError: two actions on one key; nothing is changed.
        """
        refuse_conflicts(self.actions, changed)
        for action in self.actions:
            keys = keys_of(action, changed)
            self._keys[action.id] = keys
            live = self._live[action.id]
            # Held keys are watched by app.shell.shortcuts: a QAction knows nothing of letting go.
            live.setShortcuts([] if action.release else [QKeySequence(k) for k in keys])
        self._reasons.clear()
        self.refresh()

    def refresh_soon(self, *_: object) -> None:
        """Look again which actions can run, once, when the present event is done."""
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Look again which actions can run and which are on."""
        for action in self.actions:
            self._refresh(action)

    def refresh_now(self, *action_ids: str) -> None:
        """Look again at a few actions at once: a key pressed in the same moment must find them right."""
        for action_id in action_ids:
            self._refresh(self._by_id[action_id])

    def _refresh(self, action: Action) -> None:
        live = self._live[action.id]
        reason = action.disabled_because(self.context)
        if self._reasons.get(action.id, "") != reason:
            self._reasons[action.id] = reason
            live.setEnabled(reason is None)
            live.setToolTip(tip_of(action, self._keys[action.id], reason))
            live.setStatusTip(reason or action.tip)
        if action.checked is not None:
            live.setChecked(action.checked(self.context))

    def run(self, action_id: str) -> None:
        """Run an action if it can run now; a failure becomes the problem dialog."""
        action = self._by_id[action_id]
        if action.disabled_because(self.context) is not None:
            self.refresh()
            return
        try:
            action.run(self.context)
        except GroundglassError as error:
            self.context.host.show_problem(error)
        self.refresh_soon()
        self.ran.emit(action_id)

    def let_go(self, action_id: str) -> None:
        """Tell a held action that its key is up."""
        release = self._by_id[action_id].release
        if release is not None:
            release(self.context)

    def _make(self, action: Action) -> QAction:
        live = QAction(action.title, self)
        live.setObjectName(action.id)
        live.setCheckable(action.checked is not None)
        if action.icon:
            live.setIcon(line_icon(action.icon))
        live.setIconVisibleInMenu(False)
        live.triggered.connect(partial(self._triggered, action.id))
        return live

    def _triggered(self, action_id: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        self.run(action_id)
        action = self._by_id[action_id]
        if action.checked is not None:  # Qt has flipped it by itself
            self._live[action_id].setChecked(action.checked(self.context))


def tip_of(action: Action, keys: tuple[str, ...], reason: str | None) -> str:
    """Return the tooltip: title and key, what it does, and why it cannot run now."""
    shown = ", ".join(key_text(k) for k in keys)
    head = f"<b>{html.escape(action.title.rstrip('…'))}</b>"
    if shown:
        head += f"&nbsp;&nbsp;<span style='color:#8a94a1'>{html.escape(shown)}</span>"
    lines = [head, html.escape(action.tip)]
    if reason:
        lines.append(f"<i>{html.escape(reason)}</i>")
    return "<br>".join(lines)


def key_text(keys: str) -> str:
    """Return a key sequence as this system writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) or keys


def unknown_command(name: str) -> WorkerError:
    """Return the defect of an action that names no command of the window."""
    return WorkerError(f"The window knows no command “{name}”.", "An action names it.", "Please report this.")
