"""From any thread to the window's: one object takes every message, and it lives as long as the program.

A job must not be the receiver itself: the window may be done with it, and delete it, while another thread still
speaks to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal, Slot

Letter = Callable[[], object]


class Mailbox(QObject):
    """Reads letters on the thread it was made on, in the order in which they were posted, one per turn of the loop."""

    _posted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._letters: deque[Letter] = deque()
        self._posted.connect(self._read, Qt.ConnectionType.QueuedConnection)

    def post(self, letter: Letter) -> None:
        """Have a letter read; may be called on any thread."""
        self._letters.append(letter)
        self._posted.emit()

    @Slot()
    def _read(self) -> None:
        self._letters.popleft()()


@cache
def mailbox() -> Mailbox:
    """Return the window's own; the first call must come from the window's thread."""
    return Mailbox()
