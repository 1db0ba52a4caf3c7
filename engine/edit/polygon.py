"""The voxels of one slice inside a hand-drawn line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.core.types import FloatZyx, IndexZyx, MaskArray
from engine.edit.region import Region
from engine.geometry.box import Box


def polygon(points_zyx: Sequence[FloatZyx], axis: int, shape_zyx: IndexZyx) -> Region | None:
    """Return the voxels of a slice whose centres lie inside a closed line (even–odd rule), or None.

    Args:
        points_zyx: Corners in continuous index; the last is joined to the first. They may lie outside.
        axis: Array axis across the slice; the slice is that of the first corner.
        shape_zyx: Shape of the volume.
    """
    points = np.asarray(points_zyx, dtype=np.float64)
    if len(points) < 3:
        return None
    number = int(np.floor(points[0, axis] + 0.5))
    rows, columns = (a for a in range(3) if a != axis)
    flat = points[:, [rows, columns]]
    if not 0 <= number < shape_zyx[axis]:
        return None
    start = np.maximum(0, np.floor(flat.min(axis=0)).astype(int))
    stop = np.minimum((shape_zyx[rows], shape_zyx[columns]), np.ceil(flat.max(axis=0)).astype(int) + 1)
    if (stop <= start).any():
        return None
    mask = _even_odd(flat - start, (int(stop[0] - start[0]), int(stop[1] - start[1])))
    if not mask.any():
        return None
    low, high = [number] * 3, [number + 1] * 3
    low[rows], high[rows], low[columns], high[columns] = (int(v) for v in (start[0], stop[0], start[1], stop[1]))
    return Region(Box((low[0], low[1], low[2]), (high[0], high[1], high[2])), np.expand_dims(mask, axis))


def _even_odd(points: np.ndarray, shape: tuple[int, int]) -> MaskArray:
    """Return where a row has crossed the line an odd number of times."""
    toggles = np.zeros((shape[0], shape[1] + 1), dtype=np.uint8)
    for (row_a, col_a), (row_b, col_b) in zip(points, np.roll(points, -1, axis=0), strict=True):
        low, high = sorted((row_a, row_b))
        # Half-open in the rows, so that a corner on a row counts once.
        crossed = np.arange(max(0, int(np.ceil(low))), min(shape[0], int(np.ceil(high))))
        if crossed.size == 0:
            continue
        at = col_a + (crossed - row_a) * (col_b - col_a) / (row_b - row_a)
        first = np.clip(np.ceil(at), 0, shape[1]).astype(int)
        toggles[crossed, first] ^= 1
    return np.bitwise_xor.accumulate(toggles, axis=1)[:, :-1].astype(np.bool_)
