"""From a journal back to the case: label map, labels, and the history with its undo."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.case.delta import Change, Target
from engine.case.distance import Distance, distances_from
from engine.case.document import Case
from engine.case.history import DEFAULT_BUDGET_MIB
from engine.case.labelset import LabelSet
from engine.case.records import Kind, Record, read_records, unpack_labels, unpack_parts
from engine.case.stored_change import change_from_bytes
from engine.case.volume import Volume
from engine.core.atomic import explain_os_error
from engine.core.errors import FormatError, GeometryError, InputError
from engine.core.types import IndexZyx, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid

JOURNAL, REOPEN = "journal", "reopen"
VERSION = 1


@dataclass
class Ledger:
    """What a journal tells, record by record; nothing is applied while it is read."""

    head: dict[str, Any] = field(default_factory=dict[str, Any])
    steps: list[Change] = field(default_factory=list[Change])
    done: int = 0
    forgotten: int = 0
    labels: bytes = b""
    labelset: LabelSet | None = None
    distances: tuple[Distance, ...] = ()
    moves: list[tuple[Change, bool]] = field(default_factory=list[tuple[Change, bool]])
    """What happened since the last anchor: (change, done and not undone)."""
    closed: bool = False
    anchored: bool = False
    whole: bool = True
    """False where something was torn or damaged."""

    @classmethod
    def of(cls, path: Path) -> Ledger:
        """Return the ledger of a journal, up to its last whole record.

        Raises:
            FormatError: it is no journal, or not even its opening state is whole.
            OSError: it cannot be read.
        """
        ledger = cls()
        records, ledger.whole = read_records(path)
        for record in records:
            try:
                ledger._take(record)
            except (FormatError, InputError, KeyError, IndexError, TypeError, ValueError):
                ledger.whole = False
                break
        if not ledger.anchored or int(ledger.head.get("version", VERSION + 1)) > VERSION:
            raise FormatError(
                "The journal of a case cannot be read.",
                "It is damaged from the start, or was written by a newer version of the program.",
                "Open the series again.",
            )
        return ledger

    def _take(self, record: Record) -> None:
        kind = record.kind
        self.closed = kind is Kind.CLOSED
        if kind is Kind.HEAD:
            self.head = unpack_parts(record.payload)[0]
        elif kind is Kind.ANCHOR:
            self._anchor(record)
        elif kind is Kind.OLD:
            self.steps.append(change_from_bytes(record.payload))
        elif kind is Kind.STEP:
            change = change_from_bytes(record.payload)
            del self.steps[self.done :]
            self.steps.append(change)
            self._move(self.done + 1)
        elif kind is Kind.MOVE:
            self._move(int.from_bytes(record.payload, "little") - self.forgotten)

    def _anchor(self, record: Record) -> None:
        head, parts = unpack_parts(record.payload)
        total, done = int(head["total"]), int(head["done"])
        if record.after_gap:  # the steps before it no longer lead here
            self.steps.clear()
            self.done, self.forgotten = 0, total
        elif not self.anchored:  # the opening state, with the steps of earlier sittings before it
            self.done, self.forgotten = done, total - done
        self.labels, self.labelset = parts[0], LabelSet.from_list(head["labelset"])
        self.distances = distances_from(head.get("distances", ()))
        self.moves.clear()
        self.anchored = True

    def _move(self, done: int) -> None:
        if not 0 <= done <= len(self.steps):
            raise FormatError("The journal of a case is damaged.", f"It goes to step {done} of {len(self.steps)}.")
        while self.done < done:
            self.moves.append((self.steps[self.done], True))
            self.done += 1
        while self.done > done:
            self.done -= 1
            self.moves.append((self.steps[self.done], False))

    @property
    def grid(self) -> Grid:
        """The grid of the case."""
        try:
            return Grid(**{k: _tuples(v) for k, v in self.head["grid"].items()})
        except (KeyError, TypeError, AttributeError, GeometryError) as error:
            raise FormatError("The journal of a case cannot be read.", "Its first record is damaged.") from error


def _tuples(value: Any) -> Any:  # noqa: ANN401 - lists of lists from JSON
    if isinstance(value, list):
        return tuple(_tuples(v) for v in cast("list[Any]", value))
    return value


@dataclass(frozen=True)
class Recoverable:
    """A case on disk that can be opened again.

    Args:
        place: Its folder.
        name: Neutral name of the case.
        uid_hash: Identity of its series on this machine; empty if it has none.
        grid: Its grid.
        steps: Steps in force.
        has_labels: Whether it began with labels, from a file or an earlier sitting.
        changed_at: When it was last changed, seconds since the epoch.
        closed: False after a crash.
        damaged: Whether the end of the journal is torn: the newest step may be missing.
        reopen: How its source is found again (path and reading options). Holds paths: never log or export it.
        done_at: When the newest step in force was made; 0 without one.
    """

    place: Path
    name: str
    uid_hash: str
    grid: Grid
    steps: int
    has_labels: bool
    changed_at: float
    closed: bool
    damaged: bool
    reopen: Mapping[str, Any] = field(repr=False)
    done_at: float = 0.0

    @classmethod
    def at(cls, place: Path) -> Recoverable | None:
        """Return what lies in a folder, or None if it holds no case that can be read."""
        path = place / JOURNAL
        try:
            ledger = Ledger.of(path)
            return cls(
                place,
                str(ledger.head.get("name", "")),
                str(ledger.head.get("uid_hash", "")),
                ledger.grid,
                ledger.forgotten + ledger.done,
                bool(ledger.labels or ledger.steps),
                ledger.steps[-1].at if ledger.steps else path.stat().st_mtime,
                ledger.closed,
                not ledger.whole,
                read_reopen(place),
                ledger.steps[ledger.done - 1].at if ledger.done else 0.0,
            )
        except (OSError, FormatError):
            return None

    def is_for(self, volume: Volume) -> bool:
        """Whether `volume` is the series that was corrected."""
        same = not self.uid_hash or not volume.info.uid_hash or self.uid_hash == volume.info.uid_hash
        return same and self.grid.matches(volume.grid)

    def discard(self) -> None:
        """Delete it. The person has said so."""
        shutil.rmtree(self.place, ignore_errors=True)


def recover(recoverable: Recoverable, volume: Volume, *, budget_mib: float = DEFAULT_BUDGET_MIB) -> Case:
    """Return the case as it was after the last step that reached the disk, with its undo and redo.

    Args:
        recoverable: What `Journal.unfinished`, `saved` or `find` returned.
        volume: The same series, read again.
        budget_mib: Memory for undo.

    Raises:
        InputError: `volume` is another series.
        FormatError: the journal is damaged from the start.
        ResourceError: it cannot be read.
    """
    if not recoverable.is_for(volume):
        raise InputError(
            "The corrections belong to another series.",
            f"They were made on {recoverable.name} with {_shape(recoverable.grid)} voxels, "
            f"this is {volume.info.name} with {_shape(volume.grid)}.",
            "Open the series they were made on.",
        )
    path = recoverable.place / JOURNAL
    try:
        ledger = Ledger.of(path)
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error
    labels = unpack_labels(ledger.labels, volume.grid.shape_zyx).copy() if ledger.labels else None
    case = Case(volume, ledger.labelset, labels, budget_mib=budget_mib)
    case.distances = ledger.distances
    replay(ledger.moves, case)
    case.history.restore(ledger.steps, ledger.done, forgotten=ledger.forgotten)
    return case


def replay(moves: Iterable[tuple[Change, bool]], target: Target) -> None:
    """Do (or undo, where False) changes one after the other, past any history."""
    for change, forward in moves:
        if forward:
            change.do(target)
        else:
            change.undo(target)


class Bare:
    """A label map and nothing else, for changes to be replayed on."""

    def __init__(self, data: LabelArray | None, shape_zyx: IndexZyx) -> None:
        self.data = np.zeros(shape_zyx, dtype=np.uint8) if data is None else data
        self.labelset = LabelSet()
        self.distances: tuple[Distance, ...] = ()

    @property
    def labels(self) -> Bare:
        """Itself: it is written to."""
        return self

    def write(self, box: Box, values: LabelArray, *, shift: NDArray[np.int64] | None = None) -> None:
        """Replace the voxels of a box; nothing is counted."""
        self.data[box.slices] = values


def _shape(grid: Grid) -> str:
    return " × ".join(str(n) for n in grid.shape_zyx[::-1])


def read_reopen(place: Path) -> Mapping[str, Any]:
    """Return how the source of the case in `place` is found again; empty if that is not known."""
    with contextlib.suppress(OSError, ValueError):
        found: Any = json.loads((place / REOPEN).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return cast("dict[str, Any]", found)
    return {}
