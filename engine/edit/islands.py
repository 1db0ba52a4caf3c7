"""Pieces of a label that hang together: one under the mouse, the largest, those too small to be true."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.errors import InputError
from engine.core.types import IndexZyx, MaskArray
from engine.edit.kernels import components
from engine.edit.region import Region, label_box
from engine.geometry.box import Box

_NEAR_VOXELS = (48, 96)


def island_at(labels: LabelMap, index_zyx: IndexZyx) -> Region | None:
    """Return the piece of a label under a voxel, joined by faces, edges or corners; None on background.

    The neighbourhood is looked at first, and more of it as long as the piece reaches its border.

    Cost: 5 ms for a small lesion, 30 ms for half a litre, 0.2 s for a whole lung of 512×512×300.
    """
    label_id = int(labels.data[index_zyx])
    if label_id == 0:
        return None
    whole = Box.whole(labels.grid.shape_zyx)
    here = Box(index_zyx, (index_zyx[0] + 1, index_zyx[1] + 1, index_zyx[2] + 1))
    for voxels in _NEAR_VOXELS:
        region = _piece(labels, here.padded(voxels).clipped(whole.stop_zyx), index_zyx)
        if not _reaches_inner_border(region.mask, region.box, whole):
            return region
    return _piece(labels, label_box(labels, label_id) or here, index_zyx)


def _piece(labels: LabelMap, box: Box, index_zyx: IndexZyx) -> Region:
    """Return what hangs together with a voxel inside of a box."""
    numbered, _ = components(labels.data[box.slices] == labels.data[index_zyx], corners=True, quick=True)
    z, y, x = (i - a for i, a in zip(index_zyx, box.start_zyx, strict=True))
    return Region(box, numbered == numbered[z, y, x])


def keep_largest(labels: LabelMap, label_id: int, *, count: int = 1, author: str = YOU) -> Delta | None:
    """Return the change that leaves only the `count` largest pieces of a label, or None if there are no more.

    Raises:
        InputError: `count` is less than 1.
    """
    if count < 1:
        raise InputError("Nothing would be left.", f"{count} pieces were to be kept.", "Keep at least 1.")

    def dropped(sizes: NDArray[np.int64]) -> MaskArray:
        drop = np.ones(sizes.shape, dtype=np.bool_)
        drop[np.argsort(-sizes, kind="stable")[:count]] = False
        return drop

    return _without(labels, label_id, dropped, title="Keep largest piece", author=author)


def remove_small(labels: LabelMap, label_id: int, *, under_ml: float, author: str = YOU) -> Delta | None:
    """Return the change that takes away pieces of a label smaller than `under_ml`, or None if there are none."""
    fewest = under_ml / labels.grid.voxel_ml
    return _without(labels, label_id, lambda sizes: sizes < fewest, title="Remove small pieces", author=author)


def _reaches_inner_border(mask: MaskArray, box: Box, whole: Box) -> bool:
    """Whether a mask touches a face of its box that is not a face of the volume."""
    for axis in range(3):
        faces = (mask.take(0, axis), mask.take(-1, axis))
        edges = (box.start_zyx[axis] > 0, box.stop_zyx[axis] < whole.stop_zyx[axis])
        if any(inner and face.any() for face, inner in zip(faces, edges, strict=True)):
            return True
    return False


def _without(
    labels: LabelMap, label_id: int, dropped: Callable[[NDArray[np.int64]], MaskArray], *, title: str, author: str
) -> Delta | None:
    box = label_box(labels, label_id)
    if box is None:
        return None
    numbered, count = components(labels.data[box.slices] == label_id, corners=True)
    sizes = np.bincount(numbered.reshape(-1), minlength=count + 1)[1:]
    drop = np.concatenate([[False], dropped(sizes)])
    return Region(box, drop[numbered]).delta(labels, 0, title=title, author=author)
