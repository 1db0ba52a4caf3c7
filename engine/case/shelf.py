"""The cases kept on this disk: what there is, how much room it takes, and what may go when it is too much.

Every case that was worked on stays when it is closed. A bound in bytes keeps that from filling a disk: the oldest
closed cases go first, but only those whose present state was exported. Work that exists nowhere else is never
removed without the person's word.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.case.document import Case
from engine.case.lock import CaseLock
from engine.case.recovery import Recoverable
from engine.core.errors import InputError

EXPORTED = "exported"
"""File in the folder of a case: the state that was exported last."""

DEFAULT_BOUND_MIB = 4096
State = Literal["open", "unfinished", "closed"]


@dataclass(frozen=True)
class Kept:
    """A case on disk.

    Args:
        case: What its journal tells.
        nbytes: Room it takes.
        open_now: Whether a window has it open.
        exported: Whether its present state was exported.
    """

    case: Recoverable
    nbytes: int
    open_now: bool
    exported: bool

    @property
    def state(self) -> State:
        """``unfinished`` after a crash or a power cut."""
        return "open" if self.open_now else "closed" if self.case.closed else "unfinished"

    @property
    def may_go(self) -> bool:
        """Whether nothing is lost with it: closed, and exported as it is."""
        return self.state == "closed" and self.exported


@dataclass(frozen=True)
class Room:
    """How much the kept cases take.

    Args:
        nbytes: All of them together.
        most_bytes: The bound.
        removed: Names of those that had to go.
    """

    nbytes: int
    most_bytes: int
    removed: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether they take more than the bound although nothing more may go."""
        return self.nbytes > self.most_bytes


def kept(folder: Path) -> list[Kept]:
    """Return every case in a folder of journals, the one changed last first."""
    found = [case for place in _places(folder) if (case := Recoverable.at(place)) is not None]
    out = [Kept(c, room_of(c.place), _lock(c.place).held, _is_exported(c)) for c in found]
    return sorted(out, key=lambda k: k.case.changed_at, reverse=True)


def note_export(place: Path, state: tuple[int, float]) -> None:
    """Remember that the state of a case was exported; a disk that is full only makes it be kept for longer.

    Args:
        place: Folder of its journal.
        state: As :func:`state_of` returned it when the export began.
    """
    text = json.dumps({"steps": state[0], "at": state[1]})
    with contextlib.suppress(OSError):
        descriptor = os.open(place / EXPORTED, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


def state_of(case: Case) -> tuple[int, float]:
    """Return what tells one state of a case from another: the number of steps in force, and when the last was made."""
    history = case.history
    return history.total, history.steps[history.done - 1].at if history.done else 0.0


def room(folder: Path, most_bytes: int) -> Room:
    """Return how much the kept cases take; no journal is read for it."""
    return Room(sum(room_of(place) for place in _places(folder)), most_bytes)


def make_room(folder: Path, most_bytes: int, *, spare: Callable[[Kept], bool] = lambda _kept: False) -> Room:
    """Remove the oldest cases of which nothing is lost until the others fit.

    Args:
        folder: Of the journals.
        most_bytes: What all may take together.
        spare: Says of a case that it has to stay.
    """
    taken = room(folder, most_bytes)
    if not taken.over:
        return taken
    removed: list[str] = []
    left = taken.nbytes
    for one in sorted(kept(folder), key=lambda k: k.case.changed_at):
        if left <= most_bytes:
            break
        if one.may_go and not spare(one) and remove(one):
            left -= one.nbytes
            removed.append(one.case.name)
    return Room(left, most_bytes, tuple(removed))


def remove(one: Kept) -> bool:
    """Delete a case unless a window opens it at this very moment; return whether it is gone."""
    lock = _lock(one.case.place)
    try:
        lock.acquire()
    except (InputError, OSError):
        return False
    try:
        one.case.discard()
    finally:
        lock.release()
    return not one.case.place.exists()


def room_of(place: Path) -> int:
    """Return how many bytes the files of a case take."""
    total = 0
    with contextlib.suppress(OSError):
        for path in place.iterdir():
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return total


def _places(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _lock(place: Path) -> CaseLock:
    return CaseLock(place.parent / f"{place.name.split('.')[0]}.lock")


def _is_exported(case: Recoverable) -> bool:
    try:
        told: Any = json.loads((case.place / EXPORTED).read_text(encoding="utf-8"))
        return (int(told["steps"]), float(told["at"])) == (case.steps, case.done_at)
    except (OSError, ValueError, TypeError, KeyError):
        return False
