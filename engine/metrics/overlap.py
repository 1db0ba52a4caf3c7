"""Counts of voxels that two masks share, and the rates made of them.

Where both masks are empty there is nothing to measure and every rate of overlap is NaN, to be left out
and counted by the caller; where only one is empty, Dice is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.core.errors import GeometryError
from engine.core.types import MaskArray


@dataclass(frozen=True)
class Counts:
    """True and false positives and negatives, in voxels."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def dice(self) -> float:
        """2 TP / (2 TP + FP + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def jaccard(self) -> float:
        """TP / (TP + FP + FN)."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def sensitivity(self) -> float:
        """TP / (TP + FN): the share of the truth that was found."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float:
        """TN / (TN + FP); close to 1 whatever was found unless counted within a region."""
        return _ratio(self.tn, self.tn + self.fp)

    @property
    def precision(self) -> float:
        """TP / (TP + FP): the share of what was found that is true."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def accuracy(self) -> float:
        """(TP + TN) / all; only for comparison with papers that report it."""
        return _ratio(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both together, for pooled rates."""
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)


def counts(found: MaskArray, truth: MaskArray, region: MaskArray | None = None) -> Counts:
    """Return the counts of `found` against `truth`.

    Args:
        found: (z, y, x) bool.
        truth: (z, y, x) bool on the same grid.
        region: Only voxels in it count, e.g. the box of the lungs.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(found, truth)
    if region is not None:
        same_shape(found, region)
        found, truth = found[region], truth[region]
    both = int(np.count_nonzero(found & truth))
    all_found, all_true = int(np.count_nonzero(found)), int(np.count_nonzero(truth))
    return Counts(both, all_found - both, all_true - both, found.size - all_found - all_true + both)


def dice_by_slice(found: MaskArray, truth: MaskArray) -> float:
    """Return the mean Dice of the slices along the first axis in which anything was drawn or found; NaN without any.

    Papers on slices report it: it weighs a slice with a speck like one full of disease.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(found, truth)
    both, sizes = ((a.sum(axis=(1, 2), dtype=np.int64)) for a in (found & truth, found.astype(np.uint8) + truth))
    some = sizes > 0
    return float((2 * both[some] / sizes[some]).mean()) if some.any() else math.nan


def same_shape(a: MaskArray, b: MaskArray) -> None:
    """Raise if two masks cannot be compared voxel by voxel.

    Raises:
        GeometryError: the shapes differ.
    """
    if a.shape != b.shape:
        raise GeometryError(
            "Two masks cannot be compared.",
            f"Their shapes differ: {a.shape} and {b.shape}.",
            "Bring both onto one grid first.",
        )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
