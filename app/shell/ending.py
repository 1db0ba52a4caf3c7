"""A signal that ends the program closes the window first: the case counts as closed, not as left by a crash."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication, QWidget

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


class Ending(QObject):
    """Closes a window when the system, a shell or Ctrl+C in the terminal ends the program.

    Python runs its handlers between two of its own instructions, and the loop of Qt has none: the number of the
    signal goes through a pipe that the loop watches. A second signal ends the program at once.

    Args:
        window: What is closed.
        leave: Ends the program with an exit code, 128 and the number of the signal.
    """

    def __init__(self, window: QWidget, *, leave: Callable[[int], object] = QApplication.exit) -> None:
        super().__init__(window)
        self._window = window
        self._leave = leave
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._fd_before = -1
        self._watch: QSocketNotifier | None = None

    def install(self) -> None:
        """Listen. On Windows, where a program is ended through its window, only Ctrl+C is left as it is."""
        if os.name != "posix":
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            return
        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        self._watch = QSocketNotifier(self._pipe[0], QSocketNotifier.Type.Read, self)
        self._watch.activated.connect(self._on_signal)
        self._fd_before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for name in _NAMES:
            number = signal.Signals[name]
            self._before[number] = signal.signal(number, _nothing)

    def remove(self) -> None:
        """Stop listening; signals mean again what they meant before."""
        if self._pipe is None:
            return
        self._restore()
        signal.set_wakeup_fd(self._fd_before)
        if self._watch is not None:
            self._watch.setEnabled(False)
        for end in self._pipe:
            os.close(end)
        self._pipe = None

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self) -> None:
        told = b""
        if self._pipe is not None:
            with contextlib.suppress(BlockingIOError):
                told = os.read(self._pipe[0], 64)
        number = next((n for n in told if n in self._before), None)
        if number is None:
            return
        for again in self._before:
            signal.signal(again, signal.SIG_DFL)
        QApplication.closeAllWindows()  # dialogs first
        self._window.close()  # also where a dialog would rather stay
        self._leave(128 + number)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Be there, so that Python writes the number into the pipe."""
