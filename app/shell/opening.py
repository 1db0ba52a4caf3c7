"""From a path to a case on screen: look inside, let pick, read while it is seen already, ask what is unclear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.doors import cases
from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.action import Host
from app.model.recent import RecentStudies
from app.model.session import Session
from app.shell.making_way import CLOSE, making_way
from engine.case.document import Case
from engine.case.volume import Volume
from engine.core.errors import ChoiceNeeded, GroundglassError
from engine.core.types import IndexZyx

if TYPE_CHECKING:
    from app.doors.cases import Scan, SeriesRow

FILTER = "Studies (*.dcm *.zip *.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd DICOMDIR);;All files (*)"


@dataclass(frozen=True)
class Source:
    """What is being opened.

    Args:
        path: As the person gave it, None for the sample.
        pick: Which series to take without asking: its number, 0 for the best; None asks where there are several.
        row: The series, once it is known.
        answers: To the reader's questions so far.
        token: Travels along to whoever waits for this source.
    """

    path: Path | None
    pick: int | None = None
    row: SeriesRow | None = None
    answers: tuple[tuple[str, str], ...] = ()
    token: object = None

    @property
    def reopen(self) -> dict[str, object]:
        """How it is found again after a crash. Holds the path: for the journal's own folder only."""
        return {
            "path": str(self.path) if self.path is not None else "",
            "series": self.row.number if self.row is not None else 0,
            "answers": [list(a) for a in self.answers],
        }


class Opening(QObject):
    """Opens one thing at a time; a new one takes the place of the old once it is whole.

    Until then the old case is kept: when reading fails or is cancelled it is shown again as it was.

    Args:
        session: Gets the case.
        jobs: Where reading runs.
        host: Shows questions and problems.
        recent: Remembers what was opened.
        new_case: Makes the case of a volume; the window's own, with its undo memory and colours.
    """

    looking = Signal(str)
    """A source is being looked at; the argument is the sentence that says so."""
    found = Signal(object, str)
    """Several series: a Scan to pick from, and the name of the source."""
    pictured = Signal(object)
    """A `Thumbnail` of the scan."""
    case_opened = Signal(object)
    """A case is whole; the argument is the `Source`."""
    gave_up = Signal()
    """Nothing was opened: cancelled, failed or left."""
    leaving = Signal()
    """The open case is about to be closed."""

    def __init__(
        self,
        session: Session,
        jobs: JobQueue,
        host: Host,
        recent: RecentStudies,
        new_case: Callable[[Volume], Case],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._host = host
        self._recent = recent
        self._new_case = new_case
        self._widget = parent
        self._job: Job | None = None
        self._previews: Job | None = None
        self._source: Source | None = None
        self._before: tuple[Case, IndexZyx] | None = None
        self.refusal: Callable[[Volume], GroundglassError | None] = lambda _volume: None
        """Says why a volume may not be opened here, before the open case gives way to it."""

        self.remembers = True
        """Whether what was opened enters the list of recent studies."""

    @property
    def busy(self) -> bool:
        """Whether something is being looked at or read."""
        return self._job is not None

    # --- what the person does --------------------------------------------------------------------
    def ask_for_file(self) -> None:
        """Let the person pick a file."""
        name, _ = QFileDialog.getOpenFileName(self._widget, "Open study", self._folder(), FILTER)
        if name:
            self.open_path(Path(name))

    def ask_for_folder(self) -> None:
        """Let the person pick a folder."""
        name = QFileDialog.getExistingDirectory(self._widget, "Open folder", self._folder())
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Look what is inside; one series is opened at once, of several the person picks."""
        self.open_source(Source(path))

    def open_source(self, source: Source) -> None:
        """Look what is inside a source and open it."""
        self._stop()
        self._source = source
        if source.path is None:
            self.looking.emit("Opening the sample study…")
            self._start(cases.open_sample(), self._on_read)
        else:
            self.looking.emit(f"Looking what is inside {source.path.name or source.path}…")
            self._start(cases.scan(source.path), self._on_scan)

    def open_row(self, row: SeriesRow) -> None:
        """Open a row of the scan."""
        if self._source is not None:
            self._read(replace(self._source, row=row))

    def open_sample(self) -> None:
        """Open the computed study that ships with the program."""
        self.open_source(Source(None))

    def dismiss(self) -> None:
        """Pick none of the series."""
        self._stop()
        self._source = None
        self._drop_half_read()
        self.gave_up.emit()

    def close(self) -> None:
        """Close the case."""
        self._stop()
        if self._session.case is not None:
            self._leave()
            self._session.set_case(None)
        self.gave_up.emit()

    # --- the jobs --------------------------------------------------------------------------------
    def _start(self, job: Job, done: Callable[[object], None]) -> None:
        def only_if_mine(act: Callable[[object], None]) -> Callable[[object], None]:
            # A job that was replaced may still deliver what it had on the way.
            return lambda result: act(result) if self._job is job else None

        self._job = job
        job.emitted.connect(only_if_mine(self._on_part))
        job.succeeded.connect(only_if_mine(done))
        job.failed.connect(only_if_mine(self._on_failed))
        job.cancelled.connect(lambda: self._on_cancelled() if self._job is job else None)
        self._jobs.start(job)

    def _stop(self) -> None:
        for job in (self._job, self._previews):
            if job is not None:
                job.cancel()
        self._job = self._previews = None

    def _on_scan(self, result: object) -> None:
        scan: Scan = result  # type: ignore[assignment]
        source = self._source
        self._job = None
        if source is None or source.path is None:
            return
        row = _without_asking(scan, source.pick)
        if row is not None:
            self._read(replace(source, row=row))
            return
        self.found.emit(scan, source.path.name)
        self._previews = cases.thumbnails(scan.rows)
        self._previews.emitted.connect(self.pictured)
        self._jobs.start(self._previews)

    def _read(self, source: Source) -> None:
        self._stop()
        self._source = source
        what = source.row if source.row is not None else source.path
        if what is not None:
            self._start(cases.open_volume(what, source.answers), self._on_read)

    def _on_part(self, part: object) -> None:
        if isinstance(part, cases.Started):
            if not self._refused(part.volume):
                self._show_filling(part.volume)
        elif isinstance(part, cases.Filled):
            self._session.volume_filled.emit(part.start, part.stop)

    def _refused(self, volume: Volume) -> bool:
        error = self.refusal(volume)
        if error is None:
            return False
        self._stop()
        self._on_failed(error)
        return True

    def _show_filling(self, volume: Volume) -> None:
        session = self._session
        if session.case is not None and not session.loading:
            self._before = session.case, session.cursor_zyx
        session.set_case(self._new_case(volume), loading=True)

    def _leave(self) -> None:
        """Part from the case that was open; its journal is closed."""
        if self._before is not None or not self._session.loading:
            self.leaving.emit()
        self._before = None

    def _on_read(self, result: object) -> None:
        volume: Volume = result  # type: ignore[assignment]
        case, filling = self._session.case, self._session.loading
        if not filling and self._refused(volume):
            return
        source, self._job = self._source, None
        if case is not None:
            self._leave()
        if case is not None and filling and (case.volume.hu is volume.hu or case.volume.grid == volume.grid):
            # The same memory, read-only by now: what was seen while loading stays where it is.
            self._session.set_volume(volume)
        else:
            self._session.set_case(self._new_case(volume))
        if source is not None and source.path is not None and self.remembers:
            self._recent.add(source.path, volume.info.name, uid_hash=volume.info.uid_hash)
        self.case_opened.emit(source)

    def _on_failed(self, error: object) -> None:
        source, self._job = self._source, None
        self._drop_half_read()
        if source is not None and self._made_way(error):
            self._read(source)
            return
        if isinstance(error, ChoiceNeeded) and source is not None:
            answer = self._host.ask(error)
            if answer is not None:
                self._read(replace(source, answers=(*source.answers, (error.key, answer))))
                return
        elif isinstance(error, GroundglassError):
            self._host.show_problem(error)
        self.gave_up.emit()

    def _made_way(self, error: object) -> bool:
        """Close the open case where the memory does not hold two and the person says so."""
        case = self._session.case
        question = making_way(error, case.volume.info.name) if case is not None else None
        if question is None or self._host.ask(question) != CLOSE:
            return False
        self._leave()
        self._session.set_case(None)
        return True

    def _on_cancelled(self) -> None:
        self._job = None
        self._drop_half_read()
        self.gave_up.emit()

    def _drop_half_read(self) -> None:
        """Show again what was open before, as it was."""
        if not self._session.loading:
            return
        before, self._before = self._before, None
        if before is None:
            self._session.set_case(None)
        else:
            self._session.set_case(before[0])
            self._session.set_cursor(before[1])

    def _folder(self) -> str:
        path = self._source.path if self._source is not None else None
        if path is None and self._recent.studies:
            path = Path(self._recent.studies[0].path)
        return str(path.parent) if path is not None else str(Path.home())


def _without_asking(scan: Scan, pick: int | None) -> SeriesRow | None:
    """Return the series to open if there is nothing to ask."""
    if pick is not None:
        wanted = scan.rows[scan.best] if pick == 0 and scan.best is not None else None
        return wanted or next((r for r in scan.rows if r.number == pick and r.loadable), None)
    return scan.rows[0] if len(scan.rows) == 1 else None  # what cannot be opened says so when it is read
