"""The figures: millilitres, percent of lung, sides, thirds, severity, lesions, HU.

Definitions (each is repeated where the figure is shown):

- **Lung** is lung ∪ ground-glass ∪ consolidation (∪ infection): diseased lung is lung. Effusion and labels of
  the user's own lie outside that denominator.
- A voxel of a lesion belongs to the **side** of the lung label nearest to it. Volumes of more than a million
  voxels are decided per cell (about 3.5 mm at 512 × 512 × 300), smaller ones per voxel.
- **Thirds** part each lung, from its lowest to its highest voxel along the patient's long axis, into slabs
  of equal height, whatever way the array runs.
- A **lesion** is a group of voxels of one label that touch each other, also by an edge or a corner.
- **Padding** (−1024 HU) enters no mean and no histogram.
"""

from __future__ import annotations

from engine.case.figures import Findings, HuHistogram, LabelFindings, measurable, roles_of
from engine.case.labelset import LabelSet
from engine.case.measuring import Measuring
from engine.core.types import HuArray, LabelArray
from engine.geometry.grid import Grid

__all__ = ["Findings", "HuHistogram", "LabelFindings", "Measuring", "measurable", "measure", "roles_of"]


def measure(
    labels: LabelArray, grid: Grid, labelset: LabelSet, hu: HuArray | None = None, *, measurable: bool = True
) -> Findings:
    """Return the figures of a label map.

    To follow edits keep a :class:`Measuring` and give it the box of each change.

    Args:
        labels: (z, y, x) uint8 ids.
        grid: Where the voxels lie.
        labelset: What the ids are called.
        hu: (z, y, x) int16, or None to leave out everything about HU.
        measurable: False where the spacing is a guess.
    """
    return Measuring(grid, labelset, hu, measurable=measurable).update(labels)
