"""Actions without a window."""

from __future__ import annotations

from typing import Any

from app.model.action import Action, Context
from app.model.session import Session


class NoWindow:
    """Stands for the window and its jobs; remembers what it was asked."""

    busy = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def __getattr__(self, name: str):
        return lambda *args: self.asked.append((name, args))


def run(actions: tuple[Action, ...], key: str, session: Session) -> str | None:
    """Press a key: returns the reason if the action is disabled, else runs it."""
    context = Context(session, NoWindow(), NoWindow())
    action = next(a for a in actions if key in a.keys or a.id == key)
    reason = action.disabled_because(context)
    if reason is None:
        action.run(context)
    return reason
