"""The task bar: what runs, how far, how long still, and the button that stops it; else the last message."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar, QWidget

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.look.pieces import ShortLabel, keep_room, quiet, row, words

_MESSAGE_MS = 6000
_TICK_MS = 500
_LONGEST = ("a few seconds left", "about 55 min left", "stopping…")


def time_left(seconds: float | None) -> str:
    """Return how long it still takes, in words that do not jump every second."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5):d} s left"
    if seconds < 3600:
        return f"about {max(1, round(seconds / 60)):d} min left"
    return f"about {seconds / 3600:.1f} h left"


class TaskBar(QWidget):
    """Shows the newest visible job of a queue.

    Args:
        jobs: The queue.
    """

    def __init__(self, jobs: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._said = ""
        self._hint = ""
        self.title = ShortLabel()
        self.title.setMinimumWidth(60)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName("Progress")
        self.left = words("", "small")
        self.stop = quiet("x", "Cancel", "Stop this (Ctrl+.). What was there stays.")
        self.stop.clicked.connect(self._cancel)
        keep_room(self.left, *_LONGEST)  # the button must not run away from the mouse
        line = row(self.title, self.bar, self.left, self.stop, gap=10)
        line.setStretchFactor(self.title, 1)
        self.setLayout(line)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self._forget)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_time)
        jobs.started.connect(self._take)
        self._show_job()

    def say(self, text: str) -> None:
        """Show a sentence for a while, after a running job if it ends soon enough."""
        self._said = text
        self._fade.start(_MESSAGE_MS)
        self._quiet()

    def hint(self, text: str) -> None:
        """Say what the button under the mouse does, where nothing else is to be said; "" when it is left."""
        self._hint = text
        self._quiet()

    def _take(self, job: Job) -> None:
        if not job.visible or job.is_over:
            return
        self._job = job
        job.progressed.connect(lambda *_: self._progress(job))
        job.ended.connect(self._drop)
        self._show_job()

    def _drop(self, job: Job) -> None:
        if job is self._job:
            waiting = [j for j in self._jobs.jobs if j.visible and j is not job and not j.is_over]
            self._job = waiting[-1] if waiting else None
            self._show_job()

    def _show_job(self) -> None:
        on = self._job is not None
        for part in (self.bar, self.left, self.stop):
            part.setVisible(on)
        if self._job is None:
            self._tick.stop()
            self._quiet()
            return
        self.stop.setEnabled(True)
        self._tick.start()
        self._progress(self._job)

    def _progress(self, job: Job) -> None:
        if job is not self._job:
            return
        # A step that begins with the name of the work is not told twice.
        told = job.text if job.text.startswith(job.title) else f"{job.title} · {job.text}"
        self.title.set_whole(told if job.text else job.title)
        if job.total:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * min(1.0, job.done / job.total)))
        else:
            self.bar.setRange(0, 0)
        self._show_time()

    def _show_time(self) -> None:
        if self._job is not None:
            self.left.setText("stopping…" if self._job.token.cancelled else time_left(self._job.seconds_left))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.stop.setEnabled(False)
            self._show_time()

    def _forget(self) -> None:
        self._said = ""
        self._quiet()

    def _quiet(self) -> None:
        if self._job is None:
            self.title.set_whole(self._said or self._hint or "Ready")
