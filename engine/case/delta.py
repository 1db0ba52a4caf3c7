"""Reversible changes of a case. A change knows how to do and undo itself and how to travel to disk."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.case.doubt import Interval
from engine.case.records import pack_labels, pack_parts, unpack_labels, unpack_slabs
from engine.core.types import LabelArray
from engine.geometry.box import Box

if TYPE_CHECKING:
    from engine.case.distance import Distance
    from engine.case.document import Case
    from engine.case.labelmap import LabelMap
    from engine.case.labelset import LabelSet
    from engine.case.volume import Notice

YOU = "you"
"""Author of what the person did; a network signs with its model id."""


class Writes(Protocol):
    """What voxels are written to: a `LabelMap`."""

    def write(self, box: Box, values: LabelArray, *, shift: NDArray[np.int64] | None = None) -> None:
        """Replace the voxels of a box."""
        ...


class Target(Protocol):
    """What a change is done to: a `Case`, or its label map alone while a journal is read."""

    labelset: LabelSet
    distances: tuple[Distance, ...]

    @property
    def labels(self) -> Writes:
        """The label map."""
        ...


class Change(Protocol):
    """What the history holds."""

    @property
    def title(self) -> str:
        """As in the history list."""
        ...

    @property
    def author(self) -> str:
        """Who did it: `YOU` or a model id."""
        ...

    @property
    def at(self) -> float:
        """When, in seconds since the epoch."""
        ...

    @property
    def box(self) -> Box | None:
        """Voxels it touches, or None if none."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        ...

    def do(self, case: Target) -> None:
        """Bring the case to the state after."""
        ...

    def undo(self, case: Target) -> None:
        """Bring the case to the state before."""
        ...

    def on(self, case: Case) -> Change | None:
        """Return the change with the same state after it, for the case as it is now; None if nothing is left to do.

        A change that was made before another one came in would undo to a state that never was.
        """
        ...

    def to_bytes(self) -> bytes:
        """Return the form kept in the journal."""
        ...


@dataclass(frozen=True)
class Delta:
    """New label ids in one box.

    Args:
        region: The box.
        before: Compressed ids before (zstd, level 1).
        after: Compressed ids after.
        title: As in the history list, e.g. ``"Brush: Ground-glass"``.
        author: ``"you"`` or a model id.
        at: Seconds since the epoch.
        gains: (label id, voxels it gains) of each label whose volume changes; None if not counted. With it a
            change of the whole map is done in a third of the time.
        made_on: `LabelMap.writes` of the map it was made on; None if that is not known.
        notices: What must be said as long as it is in force: why a network's result is doubtful.
        intervals: Between which volumes the labels may lie, by the network that made it.
    """

    region: Box
    before: bytes
    after: bytes
    title: str
    author: str = YOU
    at: float = field(default_factory=time.time)
    gains: tuple[tuple[int, int], ...] | None = None
    made_on: int | None = field(default=None, compare=False)
    notices: tuple[Notice, ...] = ()
    intervals: tuple[Interval, ...] = ()

    @classmethod
    def between(
        cls,
        labels: LabelMap,
        box: Box,
        after: LabelArray,
        *,
        title: str,
        author: str = YOU,
        notices: tuple[Notice, ...] = (),
        intervals: tuple[Interval, ...] = (),
    ) -> Delta | None:
        """Return the change that makes `box` of `labels` hold `after`, or None if it holds it already.

        Only the voxels that differ are kept: the box is shrunk around them.

        Args:
            labels: The label map as it is now.
            box: Where `after` goes; inside the grid.
            after: uint8 of the box's shape.
            title: For the history list.
            author: ``"you"`` or a model id.
            notices: What must be said of it.
            intervals: What is said of the volumes.
        """
        writes = labels.writes  # before anything is read: this may run beside the window
        before = labels.data[box.slices]
        changed = before != after
        tight = Box.of_mask(changed)
        if tight is None:
            return None
        (z, y, x), inner = box.start_zyx, tight.slices
        (z0, y0, x0), (z1, y1, x1) = tight.start_zyx, tight.stop_zyx
        region = Box((z + z0, y + y0, x + x0), (z + z1, y + y1, x + x1))
        # Only what changes is counted: mostly a small part of the box.
        there = changed[inner]
        gains = np.bincount(after[inner][there], minlength=256) - np.bincount(before[inner][there], minlength=256)
        told = tuple((int(k), int(gains[k])) for k in np.flatnonzero(gains))
        packed = pack_labels(before[inner]), pack_labels(after[inner])
        return cls(region, *packed, title, author, gains=told, made_on=writes, notices=notices, intervals=intervals)

    @property
    def box(self) -> Box | None:
        """The region."""
        return self.region

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.before) + len(self.after) + 256

    def do(self, case: Target) -> None:
        """Write the new ids."""
        self._write(case, self.after, 1)

    def undo(self, case: Target) -> None:
        """Write the old ids."""
        self._write(case, self.before, -1)

    def _write(self, case: Target, packed: bytes, sign: int) -> None:
        shift = self._shift(sign)
        (z, y, x), (_, bottom, right) = self.region.start_zyx, self.region.stop_zyx
        for slab in unpack_slabs(packed, self.region.shape):
            case.labels.write(Box((z, y, x), (z + len(slab), bottom, right)), slab, shift=shift)
            z += len(slab)
            shift = None if shift is None else np.zeros_like(shift)  # told once, for all of it

    def on(self, case: Case) -> Change | None:
        """Return itself if it was made on the map as it is, else the change from what is there now."""
        if self.made_on == case.labels.writes:
            return self
        after = unpack_labels(self.after, self.region.shape)
        again = Delta.between(case.labels, self.region, after, title=self.title, author=self.author)
        return None if again is None else replace(again, at=self.at, notices=self.notices, intervals=self.intervals)

    def _shift(self, sign: int) -> NDArray[np.int64] | None:
        if self.gains is None:
            return None
        shift = np.zeros(256, dtype=np.int64)
        for label_id, voxels in self.gains:
            shift[label_id] = sign * voxels
        return shift

    def to_bytes(self) -> bytes:
        """Return the form kept in the journal."""
        head: dict[str, Any] = {
            "kind": "delta",
            "start": self.region.start_zyx,
            "stop": self.region.stop_zyx,
            "title": self.title,
            "author": self.author,
            "at": self.at,
            "gains": self.gains,
        }
        if self.notices:
            head["notices"] = [(n.code, n.text, n.severity) for n in self.notices]
        if self.intervals:
            head["intervals"] = [(i.key, i.voxels, i.low_ml, i.high_ml, i.meaning) for i in self.intervals]
        return pack_parts(head, self.before, self.after)


@dataclass(frozen=True)
class LabelSetChange:
    """Another label set: a name, colour, lock, or a label more or less."""

    before: LabelSet
    after: LabelSet
    title: str
    author: str = YOU
    at: float = field(default_factory=time.time)

    @property
    def box(self) -> Box | None:
        """No voxel changes."""
        return None

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        return 512

    def do(self, case: Target) -> None:
        """Use the new set."""
        case.labelset = self.after

    def undo(self, case: Target) -> None:
        """Use the old set."""
        case.labelset = self.before

    def on(self, case: Case) -> Change | None:
        """Return the change from the set that is used now."""
        return None if case.labelset == self.after else replace(self, before=case.labelset)

    def to_bytes(self) -> bytes:
        """Return the form kept in the journal."""
        head = {
            "kind": "labelset",
            "before": self.before.as_list(),
            "after": self.after.as_list(),
            "title": self.title,
            "author": self.author,
            "at": self.at,
        }
        return pack_parts(head)
