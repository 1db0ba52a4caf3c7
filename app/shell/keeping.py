"""Keeps every edit: the journal of the open case, cases that were left unfinished, and going on with them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.action import Host
from app.model.prefs import Preferences
from app.model.session import Session
from app.shell.opening import Opening, Source
from engine.case.journal import Journal, Recoverable, recover
from engine.case.shelf import Room, make_room, note_export
from engine.case.volume import Volume
from engine.core.errors import GroundglassError, InputError
from engine.core.paths import state_dir
from engine.core.words import counted

_LEFT = "left"
"""Empty file beside a journal: the person does not want to be asked about it again."""


class Keeping(QObject):
    """Opens a journal for each case and closes it with it.

    Args:
        session: Whose case.
        jobs: Where journals are looked through.
        host: Shows problems.
        opening: Tells when a case is whole and when it is left.
        preferences: Memory for undo, and how much room kept cases may take.
    """

    unfinished = Signal(object)
    """A `Recoverable` that was open when the program ended without closing it."""
    _trouble = Signal(object)

    def __init__(
        self,
        session: Session,
        jobs: JobQueue,
        host: Host,
        opening: Opening,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._host = host
        self._opening = opening
        self._preferences = preferences
        self._journal: Journal | None = None
        self._kept = ""
        self._told = ""
        self.enabled = True
        """False leaves no trace: one picture of a study is no work on it."""
        opening.refusal = self.refusal
        opening.case_opened.connect(self._open)
        opening.leaving.connect(self.close)
        self._trouble.connect(self._on_trouble)

    @property
    def folder(self) -> Path:
        """Where the journals of all cases lie."""
        return state_dir() / "cases"

    @property
    def saved_at(self) -> float | None:
        """When something was last written, seconds since the epoch; None without a journal."""
        return self._journal.saved_at if self._journal is not None else None

    def look_for_unfinished(self) -> None:
        """Look, beside the window, for cases that the last run did not close; `unfinished` tells each."""
        folder = self.folder

        def look(_job: Job) -> list[Recoverable]:
            return [r for r in Journal.unfinished(folder) if not (r.place / _LEFT).exists()]

        job = Job("Looking for unfinished cases", look, visible=False)
        job.succeeded.connect(lambda found: [self.unfinished.emit(r) for r in found[:3]])
        self._jobs.start(job)
        self.make_room()

    def make_room(self) -> None:
        """Let go, beside the window, of the oldest exported cases where all take more than they may."""
        folder, most_bytes = self.folder, self._preferences.now.kept_mib << 20
        job = Job("Making room", lambda _job: make_room(folder, most_bytes), visible=False)
        job.succeeded.connect(self._on_room)
        self._jobs.start(job)

    def note_export(self, state: tuple[int, float]) -> None:
        """Remember that the open case was exported as it was in `state`."""
        if self._journal is not None:
            note_export(self._journal.place, state)

    def refusal(self, volume: Volume) -> GroundglassError | None:
        """Return why a study may not be opened here: another window corrects it. None if it may."""
        if not self.enabled or (self._journal is not None and self._kept == volume.info.uid_hash):
            return None
        return Journal.held_elsewhere(self.folder, volume)

    def go_on(self, found: Recoverable) -> None:
        """Open the source of an unfinished case and put its edits back."""
        path = str(found.reopen.get("path", ""))
        if path and not Path(path).exists():
            self._host.show_problem(
                InputError(
                    f"The study of “{found.name}” is not where it was.",
                    f"“{Path(path).name}” cannot be found.",
                    "Connect its drive or open the study from its new place; your edits are offered then.",
                )
            )
            return
        self._opening.open_source(source_of(found))

    def leave(self, found: Recoverable) -> None:
        """Do not offer this case again. Its edits stay on disk and come back with the study."""
        job = Job("Putting the case aside", lambda _job: (found.place / _LEFT).touch(), visible=False)
        self._jobs.start(job)

    def save_now(self) -> None:
        """Wait until every edit is on the disk and say so."""
        if self._journal is None:
            return
        try:
            self._journal.flush(timeout_s=2.0)
        except GroundglassError as error:
            self._host.show_problem(error)
        else:
            self._session.message.emit("Everything is saved.")

    def close(self) -> None:
        """Close the journal of the case; what could not be written is said."""
        journal, self._journal = self._journal, None
        if journal is None:
            return
        try:
            journal.close(timeout_s=3.0)
        except GroundglassError as error:
            self._host.show_problem(error)

    def _open(self, source: Source) -> None:
        case = self._session.case
        if case is None or not self.enabled:
            return
        self.close()
        earlier = source.token if isinstance(source.token, Recoverable) else self._earlier(case.volume)
        if earlier is not None:
            try:
                case = recover(earlier, case.volume, budget_mib=self._preferences.now.undo_mib)
                self._session.set_case(case)
                self._session.message.emit(f"Your work is back: {counted(earlier.steps, 'step')}.")
            except GroundglassError as error:
                self._host.show_problem(error)
                earlier = None
        try:
            self._journal = Journal.open(
                self.folder, case, reopen=source.reopen, continues=earlier, on_trouble=self._trouble.emit
            )
            self._kept = case.volume.info.uid_hash
        except InputError as error:  # another window was faster
            self._host.show_problem(error)
            self._opening.close()
        except GroundglassError as error:
            self._host.show_problem(error)

    def _earlier(self, volume: Volume) -> Recoverable | None:
        try:
            return Journal.find(self.folder, volume)
        except (OSError, GroundglassError):
            return None

    def _on_room(self, taken: Room) -> None:
        if taken.removed:
            count = len(taken.removed)
            self._session.message.emit(f"Removed {count} old exported case{'s' if count != 1 else ''} to make room.")
        elif taken.over:
            gib = taken.nbytes / (1 << 30)
            self._session.message.emit(f"Kept cases take {gib:.1f} GiB and were never exported: Settings, Work.")

    def _on_trouble(self, error: GroundglassError | None) -> None:
        if error is None:
            self._told = ""
            self._session.message.emit("Edits are saved again.")
        elif error.what != self._told:
            self._told = error.what
            self._host.show_problem(error)


def source_of(found: Recoverable) -> Source:
    """Return the source of an unfinished case."""
    reopen: Mapping[str, Any] = found.reopen
    path = str(reopen.get("path", ""))
    answers = tuple((str(k), str(v)) for k, v in reopen.get("answers", ()))
    number = int(reopen.get("series", 0) or 0)
    return Source(Path(path) if path else None, pick=number, answers=answers, token=found)


def words_of(found: Recoverable) -> str:
    """Return what is known of an unfinished case, in one line."""
    when = time.strftime("%d %b, %H:%M", time.localtime(found.changed_at))
    steps = f"{found.steps} step{'s' if found.steps != 1 else ''}"
    torn = "; the newest may be missing" if found.damaged else ""
    return f"{steps}, last change {when}{torn}."
