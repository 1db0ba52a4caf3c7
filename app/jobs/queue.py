"""Where jobs run: a few worker threads in the window, the calling thread in tests."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from app.jobs.job import Job


class _Runner(QRunnable):
    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self.setAutoDelete(True)

    def run(self) -> None:
        self._job.run()


class JobQueue(QObject):
    """Runs jobs in a few threads (most of them wait for a disk or the engine process); remembers which are alive.

    Args:
        threads: How many at once.
    """

    started = Signal(object)
    """A Job was taken up."""
    idle = Signal()
    """No job is left."""

    def __init__(self, parent: QObject | None = None, *, threads: int = 4) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._jobs: list[Job] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that run or wait, oldest first."""
        return tuple(self._jobs)

    @property
    def busy(self) -> bool:
        """Whether a job that the person sees is running or waiting."""
        return any(job.visible for job in self._jobs)

    def start(self, job: Job) -> Job:
        """Run a job as soon as a thread is free; returns it."""
        job.setParent(self)
        self._jobs.append(job)
        job.ended.connect(self._forget)
        self.started.emit(job)
        self._launch(job)
        return job

    def cancel_current(self) -> None:
        """Cancel the newest job that the person sees."""
        for job in reversed(self._jobs):
            if job.visible:
                job.cancel()
                return

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job in self._jobs:
            job.cancel()

    def shutdown(self, timeout_ms: int = 5000) -> bool:
        """Stop everything and wait; returns whether all threads ended in time."""
        self.cancel_all()
        return self._pool.waitForDone(timeout_ms)

    def _launch(self, job: Job) -> None:
        self._pool.start(_Runner(job))

    @Slot(object)
    def _forget(self, job: Job) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
            job.deleteLater()
        if not self._jobs:
            self.idle.emit()


class InlineQueue(JobQueue):
    """Runs each job at once in the calling thread: tests wait for nothing."""

    def _launch(self, job: Job) -> None:
        job.run()
