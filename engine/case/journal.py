"""The history of a case on disk: every change is there before the next one ends, whatever happens then.

A case has a folder with two files. ``journal`` holds the label maps, the steps and the grid, and nothing
that names a patient. ``reopen`` holds where the series lies; paths may hold names, so it is a file of its
own that no log, export or report reads. Both can be read by the user only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.case.delta import Change
from engine.case.distance import Distance
from engine.case.document import Case
from engine.case.labelset import LabelSet
from engine.case.lock import CaseLock
from engine.case.records import SIGNATURE, Kind, frame, pack_labels, pack_parts, unpack_labels
from engine.case.recovery import JOURNAL, REOPEN, VERSION, Bare, Recoverable, recover, replay
from engine.case.volume import Volume
from engine.case.writer import Trouble, Writer, write_private
from engine.core.atomic import explain_os_error
from engine.core.errors import GroundglassError, ResourceError

__all__ = ["Journal", "Limits", "Recoverable", "recover"]

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much a journal may take.

    Args:
        anchor_steps: A whole label map is written after so many steps,
        anchor_mib: or after so much.
        file_mib: A longer file is written anew with only what the history still remembers.
        closed_mib: A closed case keeps at most so much of its history; the label map is always kept.
        patience_s: How long a change may wait for the one before it to reach the disk.
    """

    anchor_steps: int = 50
    anchor_mib: float = 32
    file_mib: float = 256
    closed_mib: float = 32
    patience_s: float = 0.05


@dataclass(frozen=True, eq=False)
class _Mark:
    """Where the history stands at one moment, taken in the thread that owns the case.

    The label map is not copied: `moves` lead to it from the mark before.
    """

    moves: list[tuple[Change, bool]]
    labelset: LabelSet
    distances: tuple[Distance, ...]
    steps: Sequence[Change]
    done: int
    total: int

    @classmethod
    def of(cls, case: Case, moves: list[tuple[Change, bool]]) -> _Mark:
        history = case.history
        return cls(moves, case.labelset, case.distances, history.steps, history.done, history.total)


class _Shadow:
    """The label map of the last mark, compressed; brought up to date in the writer's thread."""

    def __init__(self, case: Case) -> None:
        self._shape = case.volume.grid.shape_zyx
        self._head = _head(case)
        self._first = case.labels.snapshot() if case.labels.counts[1:].any() else None
        self._packed = b""

    def anchor(self, mark: _Mark, done: int | None = None) -> Iterator[bytes]:
        self._advance(mark)
        head = {
            "labelset": mark.labelset.as_list(),
            "distances": [x.as_list() for x in mark.distances],
            "total": mark.total,
            "done": mark.done if done is None else done,
        }
        yield frame(Kind.ANCHOR, pack_parts(head, self._packed))

    def file(self, mark: _Mark, *, most_bytes: int | None = None) -> Iterator[bytes]:
        yield SIGNATURE
        yield frame(Kind.HEAD, pack_parts(self._head))
        # Of a history that is too long the oldest steps stay behind, then the undone ones.
        steps, done = list(mark.steps), mark.done
        while most_bytes is not None and steps and sum(s.nbytes for s in steps) > most_bytes:
            if done > 0:
                del steps[0]
                done -= 1
            else:
                del steps[-1]
        for step in steps:
            yield frame(Kind.OLD, step.to_bytes())
        yield from self.anchor(mark, done)

    def _advance(self, mark: _Mark) -> None:
        if self._first is not None:
            self._packed, self._first = pack_labels(self._first.array()), None
        if not mark.moves:
            return
        target = Bare(unpack_labels(self._packed, self._shape).copy() if self._packed else None, self._shape)
        replay(mark.moves, target)
        self._packed = pack_labels(target.data) if target.data.any() else b""


class Journal:
    """Follows the history of one case and writes it to disk. Made with `open`, ended with `close`.

    A disk that is full does not stop the work: the case stays usable, `trouble` says what is wrong, and
    what could not be written is tried again with every further change.
    """

    def __init__(self, place: Path, case: Case, lock: CaseLock, writer: Writer, limits: Limits) -> None:
        self.place = place
        self._case = case
        self._lock = lock
        self._writer = writer
        self._limits = limits
        self._shadow = _Shadow(case)
        self._moves: list[tuple[Change, bool]] = []
        self._total = case.history.total
        self._steps_since = 0
        self._bytes_since = 0
        self._unwatch: list[Callable[[], None]] = [
            case.history.applied.connect(self._on_applied),
            case.history.moved.connect(self._on_moved),
        ]

    @classmethod
    def open(
        cls,
        folder: Path,
        case: Case,
        *,
        reopen: Mapping[str, Any] | None = None,
        continues: Recoverable | None = None,
        on_trouble: Trouble | None = None,
        limits: Limits | None = None,
    ) -> Journal:
        """Begin to save a case.

        Args:
            folder: Where the journals of all cases lie, e.g. ``state_dir() / "cases"``.
            case: The case; its present state and history are written first.
            reopen: What is needed to find its source again: path, reading options.
            continues: What `case` was recovered from: its folder is used on.
            on_trouble: Called in another thread with the error when saving fails, with None when it works again.
            limits: Other limits than the usual ones.

        Raises:
            InputError: another window holds this case.
            ResourceError: the folder cannot be written to.
        """
        limits = Limits() if limits is None else limits
        key = continues.place.name.split(".")[0] if continues else _key(case.volume)
        lock = CaseLock(folder / f"{key}.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock.acquire()
        except OSError as error:
            raise explain_os_error(error, folder / key) from error
        try:
            place = continues.place if continues else _free_place(folder, key)
            place.mkdir(mode=0o700, exist_ok=continues is not None)
            writer = Writer(place / JOURNAL, on_trouble)
        except OSError as error:
            lock.release()
            raise explain_os_error(error, folder / key) from error
        journal = cls(place, case, lock, writer, limits)
        journal._write_anew(reopen=reopen)
        return journal

    # --- what is on disk --------------------------------------------------------------------------
    @staticmethod
    def unfinished(folder: Path) -> list[Recoverable]:
        """Return the cases that were open when the program died, newest first; those open now are left out."""
        return [r for r in _all(folder) if not r.closed and (r.steps > 0 or r.has_labels)]

    @staticmethod
    def saved(folder: Path) -> list[Recoverable]:
        """Return the cases that were closed properly, newest first."""
        return [r for r in _all(folder) if r.closed]

    @staticmethod
    def find(folder: Path, volume: Volume) -> Recoverable | None:
        """Return the newest corrections of this series, however it was closed, or None."""
        key = _key(volume)
        return next((r for r in _all(folder, f"{key}*") if volume.info.uid_hash and r.is_for(volume)), None)

    @staticmethod
    def held_elsewhere(folder: Path, volume: Volume) -> GroundglassError | None:
        """Return the error with which `open` would refuse this series because a journal of it is open, or None."""
        return CaseLock(folder / f"{_key(volume)}.lock").refusal if volume.info.uid_hash else None

    # --- how it stands ----------------------------------------------------------------------------
    @property
    def trouble(self) -> GroundglassError | None:
        """Why changes are not being saved, or None."""
        return self._writer.trouble

    @property
    def saved_at(self) -> float:
        """When something was last written, seconds since the epoch."""
        return self._writer.saved_at

    @property
    def is_saved(self) -> bool:
        """Whether every change is on the disk."""
        return self._writer.pending == 0

    def flush(self, *, timeout_s: float = 10.0) -> None:
        """Return when every change is on the disk.

        Raises:
            ResourceError: it could not be written.
        """
        self._writer.try_again()
        if self._writer.wait(timeout_s=timeout_s):
            return
        raise self.trouble or ResourceError(
            "Your corrections are not saved yet.",
            f"The disk has not answered for {timeout_s:g} s.",
            "Check that the drive is still connected.",
        )

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Mark the case as closed and keep it; a case without any work leaves nothing behind.

        Raises:
            ResourceError: the newest changes could not be written. The journal is closed all the same.
        """
        while self._unwatch:
            self._unwatch.pop()()
        try:
            history = self._case.history
            if not history.steps and not history.forgotten and not self._case.labels.counts[1:].any():
                self._writer.stop(timeout_s=timeout_s)
                shutil.rmtree(self.place, ignore_errors=True)
                return
            if self._writer.size > self._limits.closed_mib * _MIB:
                self._write_anew(most_bytes=int(self._limits.closed_mib * _MIB))
            self._writer.append(lambda: [frame(Kind.CLOSED)])
            self.flush(timeout_s=timeout_s)
        finally:
            self._writer.stop(timeout_s=timeout_s)
            self._lock.release()

    # --- following the history ----------------------------------------------------------------------
    def _on_applied(self, change: Change) -> None:
        self._total = self._case.history.total
        self._moves.append((change, True))
        number = self._writer.append(lambda: [frame(Kind.STEP, change.to_bytes())])
        if self.trouble is None:
            # Before this change ends, the one before it is on the disk: at most one is ever in the air.
            self._writer.wait(number - 1, timeout_s=self._limits.patience_s)
        self._bytes_since += change.nbytes
        self._count_step()

    def _on_moved(self, total: int) -> None:
        history = self._case.history
        forward = total > self._total
        self._total = total
        self._moves.append((history.steps[history.done - 1 if forward else history.done], forward))
        self._writer.append(lambda: [frame(Kind.MOVE, total.to_bytes(8, "little"))])
        self._count_step()

    def _count_step(self) -> None:
        self._steps_since += 1
        if self._steps_since < self._limits.anchor_steps and self._bytes_since < self._limits.anchor_mib * _MIB:
            return
        if self._writer.size > self._limits.file_mib * _MIB:
            self._write_anew()
        else:
            mark = self._mark()
            self._writer.append(lambda: self._shadow.anchor(mark))

    def _write_anew(self, *, most_bytes: int | None = None, reopen: Mapping[str, Any] | None = None) -> None:
        mark = self._mark()

        def parts() -> Iterator[bytes]:  # in the writer's thread: a disk slow to sync must not hold up the window
            if reopen is not None:
                write_private(self.place / REOPEN, json.dumps(dict(reopen), ensure_ascii=False))
            yield from self._shadow.file(mark, most_bytes=most_bytes)

        self._writer.replace(parts)

    def _mark(self) -> _Mark:
        mark = _Mark.of(self._case, self._moves)
        self._moves = []
        self._steps_since = self._bytes_since = 0
        return mark


def _head(case: Case) -> dict[str, Any]:
    info = case.volume.info
    grid = asdict(case.volume.grid)
    return {"version": VERSION, "name": info.name, "uid_hash": info.uid_hash, "grid": grid}


def _key(volume: Volume) -> str:
    """Return the name of the series' folders: the same for the same series and grid."""
    if not volume.info.uid_hash:
        return secrets.token_hex(10)
    grid = volume.grid
    text = f"{volume.info.uid_hash} {grid.shape_zyx} {[round(s, 3) for s in grid.spacing_zyx_mm]}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _free_place(folder: Path, key: str) -> Path:
    # Earlier corrections of the same series are never written over.
    place, number = folder / key, 1
    while place.exists():
        number += 1
        place = folder / f"{key}.{number}"
    return place


def _all(folder: Path, pattern: str = "*") -> list[Recoverable]:
    found: list[Recoverable] = []
    for place in folder.glob(pattern):
        key = place.name.split(".")[0]
        if place.is_dir() and not CaseLock(folder / f"{key}.lock").held:
            recoverable = Recoverable.at(place)
            if recoverable is not None:
                found.append(recoverable)
    return sorted(found, key=lambda r: r.changed_at, reverse=True)
