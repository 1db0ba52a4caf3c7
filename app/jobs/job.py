"""One piece of work: progress, cancel, result or error, always told on the UI thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.jobs.mailbox import mailbox
from engine.core.errors import Cancelled, GroundglassError, WorkerError
from engine.core.log import traced
from engine.core.progress import CancelToken, TimeLeft

Work = Callable[["Job"], Any]
"""Runs in a worker thread with its job as progress and cancel token; what it returns is the result."""


class Job(QObject):
    """Work with a title. It is its own `Progress`: pass it down as `progress`, and `token` as `cancel`.

    The worker thread only posts; every public signal is emitted on the job's own thread, so that a
    plain function or lambda may listen without running in the worker.

    Args:
        title: For the task bar, e.g. ``"Segmenting with RA-UNet"``.
        work: What to do.
        visible: Whether the task bar shows it.
    """

    progressed = Signal(float, float, str)
    """done, total, text"""
    emitted = Signal(object)
    """A part of the result, as soon as it is there (slices, slabs)."""
    succeeded = Signal(object)
    failed = Signal(object)
    """A GroundglassError."""
    cancelled = Signal()
    ended = Signal(object)
    """After any of the three; the argument is the job."""

    def __init__(self, title: str, work: Work, *, visible: bool = True, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.visible = visible
        self.token = CancelToken()
        self._work = work
        self._time = TimeLeft()
        self.done = 0.0
        self.total = 0.0
        self.text = ""
        self.is_running = False
        self.is_over = False
        self._mailbox = mailbox()
        self._home = threading.get_ident()

    def update(self, done: float, total: float, text: str = "") -> None:
        """Tell how far it is; called by the work."""
        self.done, self.total, self.text = done, total, text
        self._post(lambda: self.progressed.emit(done, total, text))

    def emit_part(self, part: object) -> None:
        """Hand over a part of the result; called by the work."""
        self._post(lambda: self.emitted.emit(part))

    @property
    def seconds_left(self) -> float | None:
        """Estimate, or None before there is a pace."""
        return self._time.seconds(self.done, self.total) if self.total else None

    def cancel(self) -> None:
        """Ask the work to stop at its next look."""
        self.token.cancel()

    def run(self) -> None:
        """Do the work here and now; called by the queue."""
        self.is_running = True
        self._time = TimeLeft()
        try:
            self.token.check()
            result = self._work(self)
        except Cancelled:
            self._end(self.cancelled.emit)
        except GroundglassError as error:
            self._fail(error)
        except MemoryError:
            self._fail(_out_of_memory(self.title))
        except Exception as error:  # noqa: BLE001 - a defect is said, whatever it is
            logging.getLogger("groundglass.jobs").error("job failed\n%s", traced(error))  # noqa: TRY400 - no messages
            self._fail(_defect(self.title, error))
        else:
            self._end(lambda: self.succeeded.emit(result))

    def _fail(self, error: GroundglassError) -> None:
        self._end(lambda: self.failed.emit(error))

    def _end(self, tell: Callable[[], object]) -> None:
        def deliver() -> None:
            self.is_running = False
            self.is_over = True
            tell()
            self.ended.emit(self)

        self._post(deliver)

    def _post(self, tell: Callable[[], object]) -> None:
        if threading.get_ident() == self._home:
            tell()
        else:
            # After a cancel the engine's thread may speak to a job that is gone.
            self._mailbox.post(lambda: tell() if isValid(self) else None)


def _defect(title: str, error: Exception) -> GroundglassError:
    return WorkerError(
        f"“{title}” stopped on a defect of the program.",
        f"{type(error).__name__}.",
        "Your case is safe. Please report this with the details.",
        details=traced(error),
    )


def _out_of_memory(title: str) -> GroundglassError:
    from engine.core.errors import ResourceError

    return ResourceError(
        f"“{title}” needs more memory than is free.",
        "The machine ran out of it.",
        "Close other programs or open a smaller part of the study.",
    )
