"""A set of voxels that an edit found: a box and a mask in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.types import LabelArray, MaskArray
from engine.geometry.box import Box


@dataclass(frozen=True, eq=False)
class Region:
    """Voxels to be changed.

    Args:
        box: Around them, inside the grid.
        mask: Bool of the box's shape.
        whole: False if a limit (distance, time, the edge of the slice) cut it off.
        reach_mm: How far the search went; 0 where there was no limit.
    """

    box: Box
    mask: MaskArray
    whole: bool = True
    reach_mm: float = 0.0

    def values(self, labels: LabelMap, label_id: int) -> LabelArray:
        """Return the ids of the box as they would become."""
        return np.where(self.mask, np.uint8(label_id), labels.data[self.box.slices])

    def delta(self, labels: LabelMap, label_id: int, *, title: str, author: str = YOU) -> Delta | None:
        """Return the change that gives the region to `label_id`, or None if it is it already."""
        return Delta.between(labels, self.box, self.values(labels, label_id), title=title, author=author)

    def ml(self, voxel_ml: float) -> float:
        """Return its volume in millilitres."""
        return float(np.count_nonzero(self.mask)) * voxel_ml


def label_box(labels: LabelMap, label_id: int) -> Box | None:
    """Return the smallest box around the voxels of a label, or None if there are none."""
    if labels.counts[label_id] == 0:
        return None
    return Box.of_mask(labels.data == label_id)
