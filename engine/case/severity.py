"""The severity score: six zones, each 0 to 4 by the share of lung involved.

There are no lobes in the label map, so the score of the radiology literature (one to five points a lobe) is
estimated from thirds: right and left lung, each parted into three slabs of equal height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["right", "left"]
Third = Literal["upper", "middle", "lower"]

SIDES: tuple[Side, ...] = ("right", "left")
THIRDS: tuple[Third, ...] = ("upper", "middle", "lower")

HIGHEST = 24
DEFINITION = (
    "Estimated from thirds: right and left lung are each parted into three slabs of equal height from the lowest "
    "to the highest voxel of that lung. A zone scores 0 if nothing is involved, 1 below 5 %, 2 from 5 to 25 %, "
    "3 above 25 to 50 %, 4 above 50 % of its volume (lung with ground-glass and consolidation). "
    "The sum runs from 0 to 24. Lobes are not used."
)


@dataclass(frozen=True)
class Zone:
    """One of the six zones.

    Args:
        side: The patient's side.
        third: Which slab.
        lung_ml: Lung with its ground-glass and consolidation.
        involved_ml: Ground-glass and consolidation.
        percent: `involved_ml` of `lung_ml`, 0 where there is no lung.
        score: 0 … 4.
    """

    side: Side
    third: Third
    lung_ml: float
    involved_ml: float
    percent: float
    score: int


def zone(side: Side, third: Third, lung_voxels: int, involved_voxels: int, voxel_ml: float) -> Zone:
    """Return a zone with its score.

    Args:
        side: The patient's side.
        third: Which slab.
        lung_voxels: Voxels of lung, ground-glass and consolidation.
        involved_voxels: Voxels of ground-glass and consolidation.
        voxel_ml: Volume of a voxel.
    """
    percent = 100.0 * involved_voxels / lung_voxels if lung_voxels else 0.0
    return Zone(side, third, lung_voxels * voxel_ml, involved_voxels * voxel_ml, percent, score(percent))


def score(percent: float) -> int:
    """Return 0 … 4 for the share of a zone that is involved, in percent."""
    if percent <= 0:
        return 0
    if percent < 5:
        return 1
    if percent <= 25:
        return 2
    return 3 if percent <= 50 else 4
