"""The one document: a case around one volume."""

from __future__ import annotations

from engine.case.delta import Change, Delta
from engine.case.distance import Distance
from engine.case.doubt import Interval
from engine.case.history import DEFAULT_BUDGET_MIB, History
from engine.case.labelmap import LabelMap
from engine.case.labelset import LabelSet, default_labelset
from engine.case.volume import Notice, Volume, joined
from engine.core.signal import Signal
from engine.core.types import LabelArray


class Case:
    """Volume (immutable), label map, label set, measured distances and history.

    Everything changes through ``case.history.apply(change)``; each change raises `revision`.

    Args:
        volume: What was opened.
        labelset: The labels; the program's own by default.
        labels: (z, y, x) uint8 ids to begin with, or None for none.
        budget_mib: Memory for undo.
    """

    def __init__(
        self,
        volume: Volume,
        labelset: LabelSet | None = None,
        labels: LabelArray | None = None,
        *,
        budget_mib: float = DEFAULT_BUDGET_MIB,
    ) -> None:
        self.volume = volume
        self.labels = LabelMap(volume.grid, labels)
        self.labelset = default_labelset() if labelset is None else labelset
        self.distances: tuple[Distance, ...] = ()
        self.revision = 0
        self.changed: Signal[[Change]] = Signal()
        """A change was done, undone or redone; its `box` tells what to repaint."""
        self.history = History(self, budget_mib=budget_mib)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What must be said: how the volume was read, then of the results that are in force."""
        said = self.volume.notices
        for step in self.history.steps[: self.history.done]:
            if isinstance(step, Delta) and step.notices:
                said = joined(said, step.notices)
        return said

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """Between which volumes labels may lie, by the last network whose result is in force; none without one."""
        for step in reversed(self.history.steps[: self.history.done]):
            if isinstance(step, Delta) and step.intervals:
                return step.intervals
        return ()
