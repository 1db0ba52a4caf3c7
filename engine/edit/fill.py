"""Fill from a click: an outline in a slice, like values in a slice, like values in the volume."""

from __future__ import annotations

import time

import numpy as np

from engine.case.labelmap import LabelMap
from engine.core.types import FloatZyx, HuArray, IndexZyx, MaskArray
from engine.edit.allowed import Allowed, HuRange
from engine.edit.capsule import capsule_box, capsule_mask
from engine.edit.kernels import components
from engine.edit.region import Region
from engine.geometry.box import Box

_FIRST_MM = 8.0


def values_like(hu: HuArray, index_zyx: IndexZyx, tolerance_hu: float) -> HuRange:
    """Return the range around the median of the 3×3×3 voxels at a place: one noisy voxel decides nothing."""
    around = Box(index_zyx, (index_zyx[0] + 1, index_zyx[1] + 1, index_zyx[2] + 1)).padded(1).clipped(hu.shape)
    middle = float(np.median(hu[around.slices]))
    return HuRange(middle - tolerance_hu, middle + tolerance_hu)


def fill_outline(labels: LabelMap, index_zyx: IndexZyx, axis: int) -> Region:
    """Return the voxels of one slice that hold the same id as the clicked one and are joined to it by faces.

    Args:
        labels: The label map.
        index_zyx: The clicked voxel, inside.
        axis: Array axis across the slice.

    Returns:
        The region; `whole` is False if it reaches the edge of the slice: the outline is open.
    """
    box = _slice_box(labels.grid.shape_zyx, index_zyx, axis)
    data = labels.data[box.slices]
    mask = _joined(data == labels.data[index_zyx], _within(index_zyx, box))
    found = _tight(box, mask)
    flat = mask.squeeze(axis)
    edge = bool(flat[0].any() or flat[-1].any() or flat[:, 0].any() or flat[:, -1].any())
    return Region(found.box, found.mask, whole=not edge)


def flood_slice(
    labels: LabelMap, hu: HuArray, index_zyx: IndexZyx, axis: int, allowed: Allowed, label_id: int
) -> Region | None:
    """Return the voxels of one slice with values in a range that are joined to the clicked one by faces.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        index_zyx: The clicked voxel, inside.
        axis: Array axis across the slice.
        allowed: Values that belong together, and what may be overwritten; the flood does not run over the rest either.
        label_id: What the region will become.
    """
    box = _slice_box(labels.grid.shape_zyx, index_zyx, axis)
    mask = _passable(labels, hu, box, allowed, label_id)
    at = _within(index_zyx, box)
    return _tight(box, _joined(mask, at)) if mask[at] else None


def grow(
    labels: LabelMap,
    hu: HuArray,
    index_zyx: IndexZyx,
    allowed: Allowed,
    label_id: int,
    *,
    reach_mm: float,
    limit_s: float = 0.08,
) -> Region | None:
    """Return the voxels with values in a range that are joined to the clicked one by faces, near it.

    The search looks into a small ball first and doubles it as long as the region reaches its edge.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        index_zyx: The clicked voxel, inside.
        allowed: Values that belong together, and what may be overwritten; the region does not grow through
            the rest either.
        label_id: What the region will become.
        reach_mm: No farther than this from the click.
        limit_s: No larger ball is begun that would end after this time.

    Returns:
        The region, `whole` if it ended by itself before either limit; None if the click is outside the range.
    """
    spacing, shape = labels.grid.spacing_zyx_mm, labels.grid.shape_zyx
    began = time.monotonic()
    seed: FloatZyx = (float(index_zyx[0]), float(index_zyx[1]), float(index_zyx[2]))
    radius = min(_FIRST_MM, reach_mm)
    while True:
        box = capsule_box(seed, seed, radius, spacing).clipped(shape)
        mask = _passable(labels, hu, box, allowed, label_id)
        at = _within(index_zyx, box)
        if not mask[at]:
            return None
        mask &= capsule_mask(box, seed, seed, radius, spacing)
        mask = _joined(mask, at)
        inner = capsule_mask(box, seed, seed, max(0.0, radius - max(spacing)), spacing)
        whole = not bool((mask & ~inner).any())
        spent = time.monotonic() - began
        if whole or radius >= reach_mm or spent * 8 > limit_s:
            found = _tight(box, mask)
            return Region(found.box, found.mask, whole=whole, reach_mm=radius)
        radius = min(radius * 2, reach_mm)


def _slice_box(shape_zyx: IndexZyx, index_zyx: IndexZyx, axis: int) -> Box:
    start, stop = [0, 0, 0], list(shape_zyx)
    start[axis], stop[axis] = index_zyx[axis], index_zyx[axis] + 1
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _within(index_zyx: IndexZyx, box: Box) -> IndexZyx:
    z, y, x = (i - a for i, a in zip(index_zyx, box.start_zyx, strict=True))
    return (z, y, x)


def _passable(labels: LabelMap, hu: HuArray, box: Box, allowed: Allowed, label_id: int) -> MaskArray:
    part, values = labels.data[box.slices], hu[box.slices]
    # What is of this label already does not stop the region.
    own = part == label_id
    if allowed.hu is not None:
        own &= allowed.hu.mask(values)
    return own | allowed.mask(part, values, label_id)


def _joined(mask: MaskArray, at: IndexZyx) -> MaskArray:
    numbered, _ = components(mask, corners=False, quick=True)
    return numbered == numbered[at]


def _tight(box: Box, mask: MaskArray) -> Region:
    tight = Box.of_mask(mask) or Box((0, 0, 0), (0, 0, 0))
    start, stop = np.array(tight.start_zyx) + box.start_zyx, np.array(tight.stop_zyx) + box.start_zyx
    (a, b, c), (d, e, f) = start.tolist(), stop.tolist()
    return Region(Box((a, b, c), (d, e, f)), mask[tight.slices])
