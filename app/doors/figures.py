"""The figures of the open case, kept up to date in a worker: after an edit only what changed is counted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.session import Session
from engine.case.delta import Change
from engine.case.document import Case
from engine.geometry.box import Box

if TYPE_CHECKING:
    from engine.case.findings import Findings
    from engine.case.measuring import Measuring

_AFTER_EDIT_MS = 40


class Figures(QObject):
    """Measures the case of a session, one job at a time.

    A job reads the live label map: what is painted meanwhile lies in the box of the next job, which
    counts it again, so that the last figures are always those of the last edit.

    Args:
        session: Whose case.
        jobs: Where it is measured.
    """

    changed = Signal(object)
    """`Findings` of the case, or None."""
    failed = Signal(object)
    """A GroundglassError."""

    def __init__(self, session: Session, jobs: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._case: Case | None = None
        self._measuring: Measuring | None = None
        self._box: Box | None = None
        self._everything = False
        self._dirty = False
        self._job: Job | None = None
        self.findings: Findings | None = None
        """The last figures, None before the first."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_AFTER_EDIT_MS)
        self._soon.timeout.connect(self._start)
        session.case_changed.connect(self._take_case)
        session.volume_ready.connect(self._take_case)
        session.labels_changed.connect(self._on_change)

    def _take_case(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._case = self._session.case if not self._session.loading else None
        self._measuring, self.findings = None, None
        self._box, self._everything, self._dirty = None, True, self._case is not None
        self.changed.emit(None)
        if self._case is not None:
            self._soon.start()

    def _on_change(self, change: Change) -> None:
        if self._case is None:
            return
        box = change.box
        if box is not None:
            self._box = box if self._box is None else self._box.union(box)
        self._dirty = True
        if not self._soon.isActive():
            self._soon.start()

    def _start(self) -> None:
        case = self._case
        if case is None or not self._dirty or self._job is not None:
            return
        box = None if self._everything else self._box or Box((0, 0, 0), (0, 0, 0))
        labelset, known = case.labelset, self._measuring
        self._dirty, self._everything, self._box = False, False, None

        def work(_job: Job) -> tuple[Measuring, Findings]:
            from engine.case.figures import measurable
            from engine.case.measuring import Measuring

            volume = case.volume
            hu = volume.hu if volume.has_hu else None
            measuring = known or Measuring(volume.grid, labelset, hu, measurable=measurable(volume))
            return measuring, measuring.update(case.labels.data, box, labelset)

        job = Job("Measuring", work, visible=False)
        self._job = job
        job.succeeded.connect(lambda result: self._done(job, result))
        job.failed.connect(lambda error: self._on_failed(job, error))
        self._jobs.start(job)

    def _done(self, job: Job, result: tuple[Measuring, Findings]) -> None:
        if job is not self._job:
            return
        self._job = None
        self._measuring, self.findings = result
        self.changed.emit(self.findings)
        if self._dirty:
            self._soon.start()

    def _on_failed(self, job: Job, error: object) -> None:
        if job is self._job:
            self._job = None
            self._measuring, self._everything = None, True
            self.failed.emit(error)
