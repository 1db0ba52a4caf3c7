"""Which keys an action has, that no two have the same, and keys that act while they are held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.look.pieces import types_text
from app.model.action import Action
from engine.core.errors import InputError


def keys_of(action: Action, changed: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the keys of an action: the person's own, else the given ones."""
    return tuple(k for k in changed.get(action.id, action.keys) if k)


def normal(keys: str) -> str:
    """Return a key sequence in one spelling, for comparing; empty where it is none."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


def conflicts(actions: Iterable[Action], changed: Mapping[str, tuple[str, ...]]) -> list[tuple[str, Action, Action]]:
    """Return every key that two actions claim, with both."""
    taken: dict[str, Action] = {}
    found: list[tuple[str, Action, Action]] = []
    for action in actions:
        for keys in dict.fromkeys(normal(k) for k in keys_of(action, changed)):
            if keys in taken:
                found.append((keys, taken[keys], action))
            else:
                taken[keys] = action
    return found


def refuse_conflicts(actions: Iterable[Action], changed: Mapping[str, tuple[str, ...]]) -> None:
    """Raise if two actions have one key.

    Raises:
        InputError: with the key and the titles of both.
    """
    for keys, first, second in conflicts(actions, changed):
        raise InputError(
            f"“{first.title}” and “{second.title}” have the same key.",
            f"Both are on {keys}.",
            "Give one of them another key.",
        )


class HeldKeys(QObject):
    """Runs an action when its key goes down and its release when it comes up. Watches one window.

    Args:
        held: Key sequence → (press, release). Single keys only.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._held: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}
        self._down: dict[int, Callable[[], None]] = {}

    def set_keys(self, held: Mapping[str, tuple[Callable[[], None], Callable[[], None]]]) -> None:
        """Watch these keys."""
        self.release_all()
        self._held = {normal(k): v for k, v in held.items()}

    def release_all(self) -> None:
        """Let go of everything: the window lost the keyboard."""
        for release in self._down.values():
            release()
        self._down.clear()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Look at keys that go down and up."""
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate:
            self.release_all()
        elif isinstance(event, QKeyEvent) and kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return self._key(event, down=kind == QEvent.Type.KeyPress)
        return False

    def _key(self, event: QKeyEvent, *, down: bool) -> bool:
        if event.isAutoRepeat():
            return event.key() in self._down
        if not down:
            release = self._down.pop(event.key(), None)
            if release is not None:
                release()
            return release is not None
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or types_text():
            return False
        pair = self._held.get(QKeySequence(event.key()).toString(QKeySequence.SequenceFormat.PortableText))
        if pair is None or event.key() in self._down:
            return False
        self._down[event.key()] = pair[1]
        pair[0]()
        return True
