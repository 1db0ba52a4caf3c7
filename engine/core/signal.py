"""A tiny observer without Qt: who changes, tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """Callables that want to know. `emit` calls them in the order they connected."""

    def __init__(self) -> None:
        self._slots: list[Callable[P, object]] = []

    def connect(self, slot: Callable[P, object]) -> Callable[[], None]:
        """Call `slot` on every emit; returns a function that disconnects it."""
        self._slots.append(slot)

        def disconnect() -> None:
            if slot in self._slots:
                self._slots.remove(slot)

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell everyone who listens now; a slot may connect or disconnect others meanwhile."""
        for slot in tuple(self._slots):
            slot(*args, **kwargs)
