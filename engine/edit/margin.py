"""Make a label larger or smaller by millimetres."""

from __future__ import annotations

import numpy as np

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.errors import InputError
from engine.core.types import FloatZyx, HuArray, IndexZyx
from engine.edit.allowed import Allowed
from engine.edit.kernels import distance_mm
from engine.edit.region import Region, label_box


def margin(
    labels: LabelMap, hu: HuArray, label_id: int, by_mm: float, allowed: Allowed, *, author: str = YOU
) -> Delta | None:
    """Return the change that grows a label by `by_mm` (negative: shrinks it), or None if nothing changes.

    A voxel joins if its centre is within `by_mm` of the centre of one that belongs to the label, and may be
    overwritten; it leaves if it is that near to one that does not.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        label_id: The label.
        by_mm: Millimetres, the same in every direction of the patient.
        allowed: What may be overwritten while growing.
        author: ``"you"`` or a model id.

    Raises:
        InputError: `by_mm` is smaller than every voxel: nothing could change.
    """
    spacing = labels.grid.spacing_zyx_mm
    if abs(by_mm) < min(spacing):
        raise InputError(
            "The margin is smaller than a voxel.",
            f"It is {abs(by_mm):g} mm, the smallest voxel edge {min(spacing):g} mm.",
            "Choose a larger margin.",
        )
    found = label_box(labels, label_id)
    if found is None:
        return None
    z, y, x = (int(np.ceil(abs(by_mm) / s)) + 1 for s in spacing)
    box = found.padded((z, y, x)).clipped(labels.grid.shape_zyx)
    part = labels.data[box.slices]
    inside = part == label_id
    if by_mm > 0:
        near = distance_mm(~inside, spacing) <= by_mm + 1e-4
        near &= ~inside & allowed.mask(part, hu[box.slices], label_id)
        return Region(box, near).delta(labels, label_id, title=f"Grow by {by_mm:g} mm", author=author)
    leaves = inside & (distance_mm(inside, spacing) <= -by_mm + 1e-4)
    return Region(box, leaves).delta(labels, 0, title=f"Shrink by {-by_mm:g} mm", author=author)


def voxels_within(reach_mm: float, spacing_mm: FloatZyx) -> IndexZyx:
    """Return how many whole voxels a margin spans along each axis (for the words beside it)."""
    z, y, x = (int(reach_mm / s + 1e-9) for s in spacing_mm)
    return (z, y, x)
