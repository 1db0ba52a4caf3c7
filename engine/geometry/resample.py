"""Values of one grid at the voxels of another: linear for HU and probabilities, nearest for labels.

What counts as inside is a voxel's whole cell, as in ITK: up to half a voxel beyond the outermost centres
the border value holds, farther out the fill value.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.progress import CancelToken
from engine.core.types import FloatArray, HuArray, ProbabilityArray
from engine.geometry.grid import Grid
from engine.geometry.hu import AIR
from engine.geometry.sampling import SLAB, index_map, linear_slabs, nearest
from engine.geometry.shear import unshear

__all__ = ["averaged_to", "labels_to", "probabilities_to", "unshear", "volume_to"]

Scalar = TypeVar("Scalar", bound=np.generic)


def volume_to(hu: HuArray, grid: Grid, target: Grid, fill: int = AIR, *, cancel: CancelToken | None = None) -> HuArray:
    """Return HU on `target` by linear interpolation, rounded to whole HU.

    Args:
        hu: (z, y, x) int16 on `grid`.
        grid: Where the voxels of `hu` lie.
        target: Where values are wanted; any orientation.
        fill: HU of what lies outside.
        cancel: Looked at once per slab.

    Returns:
        (z, y, x) int16 of ``target.shape_zyx``.

    Raises:
        Cancelled: someone said stop.
    """
    if grid.matches(target, 1e-6):
        return hu.copy()
    result = np.empty(target.shape_zyx, dtype=np.int16)
    matrix, offset = _between(grid, target)
    for part, values in linear_slabs(hu, matrix, offset, target.shape_zyx, float(fill), SLAB, cancel):
        result[part] = np.rint(values).astype(np.int16)
    return result


def averaged_to(
    hu: HuArray, grid: Grid, target: Grid, fill: int = AIR, *, cancel: CancelToken | None = None
) -> HuArray:
    """Return HU on `target`, each the mean over its voxel: noise of a finer scan is averaged out, not picked up.

    The mean is that of the linear interpolation at as many places as source voxels are crossed; where the target is
    as fine as the source, this is :func:`volume_to`.

    Args:
        hu: (z, y, x) int16 on `grid`.
        grid: Where the voxels of `hu` lie.
        target: Where values are wanted; any orientation.
        fill: HU of what lies outside.
        cancel: Looked at once per slab.

    Returns:
        (z, y, x) int16 of ``target.shape_zyx``.

    Raises:
        Cancelled: someone said stop.
    """
    matrix, offset = _between(grid, target)
    crossed = np.abs(matrix).max(axis=0)
    places = [[(i + 0.5) / n - 0.5 for i in range(n)] for n in (max(1, round(float(c))) for c in crossed)]
    if all(len(along) == 1 for along in places):
        return volume_to(hu, grid, target, fill, cancel=cancel)
    total = np.zeros(target.shape_zyx, dtype=np.float32)
    inside = np.zeros(target.shape_zyx, dtype=np.uint16)
    for place in product(*places):
        start = offset + matrix @ np.array(place)
        for part, values in linear_slabs(hu, matrix, start, target.shape_zyx, float("nan"), SLAB, cancel):
            known = ~np.isnan(values)
            inside[part] += known
            total[part] += np.where(known, values, 0)
    return np.rint(np.where(inside > 0, total / np.maximum(inside, 1), fill)).astype(np.int16)


def labels_to(
    labels: NDArray[Scalar], grid: Grid, target: Grid, *, cancel: CancelToken | None = None
) -> NDArray[Scalar]:
    """Return labels on `target` by nearest neighbour; 0 outside.

    Args:
        labels: (z, y, x) ids on `grid`, any integer or bool type.
        grid: Where the voxels of `labels` lie.
        target: Where labels are wanted; any orientation.
        cancel: Looked at once per slab.

    Raises:
        Cancelled: someone said stop.
    """
    if grid.matches(target, 1e-6):
        return labels.copy()
    matrix, offset = _between(grid, target)
    return nearest(labels, matrix, offset, target.shape_zyx, cancel)


def probabilities_to(
    probabilities: ProbabilityArray | NDArray[np.uint8],
    grid: Grid,
    target: Grid,
    *,
    slab: int = 32,
    cancel: CancelToken | None = None,
) -> Iterator[tuple[slice, ProbabilityArray]]:
    """Yield ``(slices of the target, probabilities there)`` slab by slab, linear, 0 outside.

    The whole result is never in memory: threshold each slab as it comes.

    Args:
        probabilities: (K, z, y, x) floats on `grid`, or bytes.
        grid: Where the voxels lie.
        target: Where probabilities are wanted; any orientation.
        slab: Slices of the target per step.
        cancel: Looked at once per slab.

    Yields:
        A slice over the target's z and the (K, dz, y, x) float32 values there.

    Raises:
        Cancelled: someone said stop.
    """
    matrix, offset = _between(grid, target)
    streams = [linear_slabs(channel, matrix, offset, target.shape_zyx, 0.0, slab, cancel) for channel in probabilities]
    for parts in zip(*streams, strict=True):
        yield parts[0][0], np.stack([values for _, values in parts])


def _between(grid: Grid, target: Grid) -> tuple[FloatArray, FloatArray]:
    return index_map(grid.steps_lps, np.array(grid.origin_lps), target)
