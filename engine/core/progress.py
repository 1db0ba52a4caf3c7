"""Progress and cancelling, as the engine sees them. No widget ever travels down here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from engine.core.errors import Cancelled


class Progress(Protocol):
    """What a long piece of work tells while it runs."""

    def update(self, done: float, total: float, text: str = "") -> None:
        """`done` of `total` units are ready; `text` names the present step."""
        ...


class NoProgress:
    """Tells nobody."""

    def update(self, done: float, total: float, text: str = "") -> None:
        """Do nothing."""


class CancelToken:
    """A flag that one thread sets and the working thread looks at, once per window or file."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next look."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether someone said stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` if someone said stop."""
        if self._event.is_set():
            raise Cancelled


@dataclass
class TimeLeft:
    """Estimates the seconds left from the pace so far (not from the first, slow unit)."""

    started: float = field(default_factory=time.monotonic)
    _first: tuple[float, float] | None = None

    def seconds(self, done: float, total: float, now: float | None = None) -> float | None:
        """Return the estimate in seconds, or None before there is a pace to go by."""
        now = time.monotonic() if now is None else now
        if done <= 0:
            return None
        if self._first is None:
            self._first = (now, done)
        start, at = self._first
        pace = (now - start) / (done - at) if done > at else (now - self.started) / done
        return max(0.0, pace * (total - done))
