"""How long the window's thread stood still: a timer that should tick every few milliseconds."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer

_TICK_MS = 5


class Heartbeat(QObject):
    """Counts from `start`: the silence between two ticks, and how much of it the thread itself worked.

    On a busy machine the silence is the machine's; the thread's own time is the window's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.longest_ms = 0.0
        self.longest_own_ms = 0.0
        self.stalls: list[tuple[str, float, float]] = []
        """(what was going on, silence, own work) in milliseconds, wherever the thread itself worked over 40 ms."""
        self.doing = ""
        self._last = time.perf_counter()
        self._own = time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin to listen."""
        self._last, self._own = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        """Listen no more."""
        self._timer.stop()

    def _tick(self) -> None:
        now, own = time.perf_counter(), time.thread_time()
        silence, work = (now - self._last) * 1000 - _TICK_MS, (own - self._own) * 1000
        self._last, self._own = now, own
        self.longest_ms = max(self.longest_ms, silence)
        self.longest_own_ms = max(self.longest_own_ms, work)
        if work > 40:
            self.stalls.append((self.doing, round(silence), round(work)))
