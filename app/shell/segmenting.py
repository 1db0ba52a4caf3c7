"""Ctrl+R: the network works beside the window, its slabs appear as they come, the end is one step of undo."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from app.doors.licence import LicenceQuestion, agree
from app.doors.segment import EngineRoom, Outcome, Refusal, Slab
from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.action import Host
from app.model.prefs import Preferences
from app.model.session import Preview, Session
from engine.case.document import Case
from engine.case.volume import Notice
from engine.core.errors import GroundglassError


class Segmenting(QObject):
    """Runs one segmentation at a time.

    Args:
        session: Whose case.
        jobs: Where the waiting is done.
        host: Shows problems.
        preferences: Device, threads, model.
    """

    state_changed = Signal()
    """Running, done, offered, refused or idle; see `job`, `outcome`, `offer`, `refusal`."""

    def __init__(self, session: Session, jobs: JobQueue, host: Host, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._host = host
        self._preferences = preferences
        self._room = EngineRoom()
        self._preview: Preview | None = None
        self._device = ""
        self._warm = False
        self.job: Job | None = None
        """The segmentation under way."""
        self.outcome: Outcome | None = None
        """The last one of this case."""
        self.offer: Outcome | None = None
        """A result for an older state of the case, waiting for a word."""
        self._unmarked: Outcome | None = None
        """A result that changed nothing: no step of the case says what is doubtful about it."""
        self.refusal: Refusal | None = None
        """Why no mask was made of the case; one may insist."""
        session.case_changed.connect(self._on_case)
        session.volume_ready.connect(self.warm_up)

    # --- the engine ------------------------------------------------------------------------------
    def start_engine(self) -> None:
        """Start the process; called after the first paint."""
        self._warm = True
        self._jobs.start(self._room.start())

    def warm_up(self) -> None:
        """Load the network before it is asked for."""
        case = self._session.case
        if self._warm and case is not None and case.volume.has_hu:
            self._jobs.start(self._room.warm_up(self._preferences.now.model, self._options()))

    def device_text(self) -> str:
        """Where networks run, for the foot of the window."""
        if self._device:
            return self._device
        return {"auto": "Automatic", "cpu": "CPU", "cuda": "GPU"}[self._preferences.now.device]

    def shutdown(self) -> None:
        """End the process."""
        if self.job is not None:
            self.job.cancel()
        self._room.close()

    @property
    def remarks(self) -> tuple[Notice, ...]:
        """What must be said of the last run that no step of the case says."""
        last = self.refusal or self.offer or self._unmarked
        return last.notices if last is not None else ()

    @property
    def refused(self) -> bool:
        """Whether no mask was made, and one may insist."""
        return self.refusal is not None

    # --- what the person does --------------------------------------------------------------------
    def start(self, *, anyway: bool = False) -> None:
        """Segment the open case.

        Args:
            anyway: Also if it looks like no CT or no chest.
        """
        case = self._session.case
        if case is None or self.job is not None:
            return
        self.drop()
        self.refusal = self._unmarked = None
        prefs = self._preferences.now
        job = self._room.segment(case, prefs.model, {**self._options(), "anyway": anyway}, prefs.licences)
        self.job = job
        job.emitted.connect(lambda slab: self._on_slab(job, case, slab))
        job.succeeded.connect(lambda result: self._on_result(job, case, result, anyway=anyway))
        job.failed.connect(lambda error: self._on_failed(job, error))
        job.cancelled.connect(lambda: self._on_cancelled(job))
        self._jobs.start(job)
        self.state_changed.emit()

    def take_over(self) -> None:
        """Apply a result that was made for an older state of the case."""
        outcome, case = self.offer, self._session.case
        if outcome is None or case is None:
            return
        job = self._room.compose(case, outcome)
        revision = case.revision

        def done(change: Any) -> None:  # noqa: ANN401 - a Delta or None
            if case is self._session.case and case.revision == revision:
                self.offer = None
                self._apply(case, outcome, change)

        job.succeeded.connect(done)
        self._jobs.start(job)

    def drop(self) -> None:
        """Let a waiting result go."""
        if self.offer is not None:
            self.offer = None
            self._show(None)
            self.state_changed.emit()

    # --- what the job says -----------------------------------------------------------------------
    def _on_slab(self, job: Job, case: Case, slab: Slab) -> None:
        if job is not self.job or case is not self._session.case or job.token.cancelled:
            return
        if self._session.preview is not None and self._session.preview is not self._preview:
            return  # a stroke is in the air; the next slab shows this one too
        values = slab.values[slab.known.slices]
        self._preview = Preview(slab.known, values)
        self._session.set_preview(self._preview, repaint=slab.box)

    def _on_result(self, job: Job, case: Case, result: object, *, anyway: bool) -> None:
        if job is not self.job:
            return
        self.job = None
        if case is not self._session.case:
            self.state_changed.emit()
        elif isinstance(result, Outcome):
            self._on_done(case, result)
        elif isinstance(result, Refusal):
            self.refusal = result
            self._session.message.emit("No mask was made; the line over the panes says why.")
            self.state_changed.emit()
        elif isinstance(result, LicenceQuestion):
            self.state_changed.emit()
            if not agree(result, self._host, self._preferences):
                self._session.message.emit("Nothing was segmented; another network can be chosen.")
            elif case is self._session.case:
                self.start(anyway=anyway)

    def _on_done(self, case: Case, outcome: Outcome) -> None:
        self._device = outcome.device or self._device
        if outcome.revision == case.revision:
            self._apply(case, outcome, outcome.change)
        else:
            self.offer = outcome
            self._session.message.emit("The network is done; you changed the case meanwhile.")
            self.state_changed.emit()

    def _apply(self, case: Case, outcome: Outcome, change: Any) -> None:  # noqa: ANN401 - a Delta or None
        self._show(None)
        self.outcome = outcome
        if change is None:
            self._unmarked = outcome
            self._session.message.emit("The network found nothing to change.")
        else:
            case.history.apply(change)
        self._session.doubts.keep(case, outcome.doubt)
        if change is not None:
            self._session.message.emit(f"Segmented in {outcome.seconds:.0f} s. Ctrl+Z takes it back.")
        self.state_changed.emit()

    def _on_failed(self, job: Job, error: GroundglassError) -> None:
        if job is self.job:
            self.job = None
            self._show(None)
            self._host.show_problem(error)
            self.state_changed.emit()

    def _on_cancelled(self, job: Job) -> None:
        if job is self.job:
            self.job = None
            self._show(None)
            self._session.message.emit("Stopped; the case is as it was.")
            self.state_changed.emit()

    def _on_case(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.job = None
        self.outcome = self.offer = self._preview = self.refusal = self._unmarked = None
        self._room.forget_volume()
        self.state_changed.emit()

    def _show(self, preview: Preview | None) -> None:
        if self._session.preview is self._preview:
            self._session.set_preview(preview)
        self._preview = preview

    def _options(self) -> dict[str, Any]:
        prefs = self._preferences.now
        return {"device": prefs.device, "threads": prefs.threads}
