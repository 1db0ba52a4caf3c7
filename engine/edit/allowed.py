"""Which voxels an edit may change: locked labels, chosen labels only, a range of HU only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.case.labelset import LabelSet
from engine.core.types import HuArray, LabelArray, MaskArray

_FEW = 4


@dataclass(frozen=True)
class HuRange:
    """Hounsfield units from `low` to `high`, both included."""

    low: float
    high: float

    def mask(self, hu: HuArray) -> MaskArray:
        """Return where `hu` (z, y, x) lies inside the range."""
        low, high = (int(min(max(v, -32768), 32767)) for v in (np.ceil(self.low), np.floor(self.high)))
        if low > high:
            return np.zeros(hu.shape, dtype=np.bool_)
        # One comparison instead of two: what lies below the range wraps round to large numbers.
        return (hu - np.int16(low)).view(np.uint16) <= np.uint16(high - low)

    @property
    def text(self) -> str:
        """Words beside the cursor, e.g. ``"−750…−300 HU"``."""
        return f"{self.low:.0f}…{self.high:.0f} HU".replace("-", "−")


@dataclass(frozen=True)
class Allowed:
    """What an edit may overwrite. Locked labels never change, whatever else is said.

    Args:
        locked: Ids that must stay.
        over: Ids that may be overwritten (0 is background); None for all.
        hu: Only voxels in this range; None for all.
    """

    locked: frozenset[int] = frozenset()
    over: frozenset[int] | None = None
    hu: HuRange | None = None

    @classmethod
    def of(cls, labelset: LabelSet, *, over: Iterable[int] | None = None, hu: HuRange | None = None) -> Allowed:
        """Return the rule that respects the locks of `labelset`."""
        return cls(labelset.locked_ids, None if over is None else frozenset(over), hu)

    @property
    def table(self) -> NDArray[np.bool_]:
        """(256,) whether a voxel that holds this id may change."""
        table = np.full(256, self.over is None, dtype=np.bool_)
        table[list(self.over or ())] = True
        table[list(self.locked)] = False
        return table

    def mask(self, labels: LabelArray, hu: HuArray, label_id: int) -> MaskArray:
        """Return which voxels may become `label_id`.

        Args:
            labels: (z, y, x) uint8 ids, any crop.
            hu: HU of the same crop.
            label_id: The new id; nothing may become a locked label.
        """
        if label_id in self.locked:
            return np.zeros(labels.shape, dtype=np.bool_)
        mask = np.ones(labels.shape, dtype=np.bool_) if self.hu is None else self.hu.mask(hu)
        if self.over is None and len(self.locked) <= _FEW:
            for locked in self.locked:  # four comparisons are faster than one look-up
                mask &= labels != locked
        else:
            mask &= np.take(self.table, labels)
        return mask
