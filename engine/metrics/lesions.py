"""Lesions counted one by one: how many were found, how many were made up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.core.types import MaskArray
from engine.metrics.overlap import same_shape


@dataclass(frozen=True)
class Detection:
    """Lesions of one label; a lesion is a group of voxels that touch, by corners too.

    Args:
        true: Lesions of the truth.
        detected: Those of them that share a voxel with what was found.
        found: Lesions found.
        false: Those of them that share no voxel with the truth.
    """

    true: int
    detected: int
    found: int
    false: int

    @property
    def sensitivity(self) -> float:
        """Share of the true lesions that were detected; NaN without any."""
        return self.detected / self.true if self.true else math.nan

    @property
    def precision(self) -> float:
        """Share of the found lesions that are true; NaN without any."""
        return (self.found - self.false) / self.found if self.found else math.nan


def detection(found: MaskArray, truth: MaskArray) -> Detection:
    """Return which lesions of two masks meet.

    Args:
        found: (z, y, x) bool.
        truth: (z, y, x) bool on the same grid.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(found, truth)
    true, detected = _met(truth, found)
    seen, real = _met(found, truth)
    return Detection(true, detected, seen, seen - real)


def _met(lesions: MaskArray, other: MaskArray) -> tuple[int, int]:
    """Return how many lesions there are and how many of them share a voxel with `other`."""
    import cc3d

    names, count = cc3d.connected_components(lesions, connectivity=26, return_N=True)
    met = np.unique(names[other & lesions])
    return int(count), len(met)
