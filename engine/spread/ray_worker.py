"""One process of a Ray cluster that does pieces of a batch, and tells how far it is. Needs no Ray itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

from engine.core.progress import CancelToken
from engine.spread.work import Share, Work

Told = tuple[str, float, float]
"""A line (done < 0) or progress: text, done, total."""
_LISTEN_S = 0.5


class Worker:
    """What lives in a process of the cluster. Its methods run side by side, each in a thread.

    Args:
        make: Makes the work at the first piece.
        threads: What it may use.
    """

    def __init__(self, make: Callable[[Share], Work[Any, object]], threads: int) -> None:
        self._make = make
        self._threads = threads
        self._work: Work[Any, object] | None = None
        self._cancel = CancelToken()
        self._told: list[Told] = []
        self._busy = False
        self._news = threading.Condition()

    def ready(self) -> str:
        """Return the name of the machine, once the process stands."""
        return socket.gethostname()

    def do(self, piece: object) -> object:
        """Return the result of one piece."""
        self._set_busy(busy=True)
        try:
            if self._work is None:
                self._work = self._make(Share(self._threads, elsewhere=True))
            return self._work(piece, self, self._cancel)
        finally:
            self._set_busy(busy=False)

    def _set_busy(self, *, busy: bool) -> None:
        with self._news:
            self._busy = busy
            self._news.notify_all()

    def update(self, done: float, total: float, text: str = "") -> None:
        """Keep the latest of each step for the next listener."""
        with self._news:
            if self._told and self._told[-1][1] >= 0 and _step(self._told[-1][0]) == _step(text):
                self._told.pop()
            self._told.append((text, max(0.0, done), total))
            self._news.notify_all()

    def say(self, line: str) -> None:
        """Keep a line for the next listener."""
        with self._news:
            self._told.append((line, -1.0, 0.0))
            self._news.notify_all()

    def news(self) -> list[Told]:
        """Return what was told since the last call; waits a moment for something while there is work."""
        with self._news:
            self._news.wait_for(lambda: self._told or not self._busy, _LISTEN_S)
            told, self._told = self._told, []
        return told

    def stop(self) -> None:
        """Ask the work to end at its next look."""
        self._cancel.cancel()


def _step(text: str) -> str:
    return text.split(":", 1)[0]
