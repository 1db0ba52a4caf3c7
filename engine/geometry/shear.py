"""Volumes whose axes are not at right angles (gantry tilt), and the orthogonal grid that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GeometryError
from engine.core.progress import CancelToken
from engine.core.types import FloatArray, HuArray, IndexZyx
from engine.geometry.grid import Grid
from engine.geometry.hu import AIR
from engine.geometry.points import as_direction
from engine.geometry.sampling import SLAB, index_map, linear_parallel, linear_slabs, nearest

Scalar = TypeVar("Scalar", bound=np.generic)


def unshear(
    hu: HuArray, steps_lps: FloatArray, origin_lps: FloatArray, fill: int = AIR, *, cancel: CancelToken | None = None
) -> tuple[HuArray, Grid]:
    """Return the volume on an orthogonal grid that holds all of a sheared one (gantry tilt).

    The rows of every slice and the slice distance along the normal are kept; the slices are moved within
    their own plane, which grows by what they drift. New corners are `fill`. Voxels of `fill` count as missing:
    they are never mixed into their neighbours, so no rim of false tissue arises around the field of view.

    Args:
        hu: (z, y, x) int16.
        steps_lps: (3, 3) mm; row k is the step to the next voxel along array axis k. They need not be at
            right angles.
        origin_lps: (3,) mm, centre of voxel (0, 0, 0).
        fill: HU of what no slice covers.
        cancel: Looked at once per slab.

    Returns:
        (z, y, x) int16 and its grid.

    Raises:
        GeometryError: two axes are parallel.
        Cancelled: someone said stop.
    """
    grid = orthogonal_grid((hu.shape[0], hu.shape[1], hu.shape[2]), steps_lps, origin_lps)
    matrix, offset = index_map(steps_lps, origin_lps, grid)
    result = np.empty(grid.shape_zyx, dtype=np.int16)
    missing = (hu <= fill).view(np.uint8)
    values = _slabs(hu, matrix, offset, grid.shape_zyx, float(fill), cancel)
    shares = _slabs(missing, matrix, offset, grid.shape_zyx, 1.0, cancel)
    for (part, slab), (_, share) in zip(values, shares, strict=True):
        if share.any():
            # the mean of those that are there: what the missing ones added is taken off again
            np.subtract(slab, share * np.float32(fill), out=slab)
            np.divide(slab, np.maximum(1 - share, np.float32(0.5)), out=slab)
            slab[share > 0.5] = fill
        result[part] = np.rint(slab).astype(np.int16)
    return result, grid


def _slabs(
    array: NDArray[Any],
    matrix: FloatArray,
    offset: FloatArray,
    shape: IndexZyx,
    fill: float,
    cancel: CancelToken | None,
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the slabs of a linear resampling; slice by slice where slices only move in their own plane."""
    crossed = float(abs(matrix[[0, 0, 1, 2], [1, 2, 2, 1]]).max()) > 1e-9 or abs(matrix[0, 0] - 1) > 1e-9
    if crossed or abs(offset[0]) > 1e-9:
        yield from linear_slabs(array, matrix, offset, shape, fill, SLAB, cancel)
        return
    within = np.diag(np.diag(matrix))
    flat: IndexZyx = (1, shape[1], shape[2])
    for z in range(shape[0]):  # 20 times faster than a coordinate per voxel
        if cancel is not None:
            cancel.check()
        moved = np.array([0.0, offset[1] + matrix[1, 0] * z, offset[2] + matrix[2, 0] * z])
        yield slice(z, z + 1), linear_parallel(array[z : z + 1], within, moved, (0, 1, 2), flat, slice(0, 1), fill)


def unshear_labels(
    labels: NDArray[Scalar], steps_lps: FloatArray, origin_lps: FloatArray, *, cancel: CancelToken | None = None
) -> tuple[NDArray[Scalar], Grid]:
    """Return labels on the same orthogonal grid as :func:`unshear` gives, by nearest neighbour; 0 outside.

    Raises:
        GeometryError: two axes are parallel.
        Cancelled: someone said stop.
    """
    grid = orthogonal_grid((labels.shape[0], labels.shape[1], labels.shape[2]), steps_lps, origin_lps)
    matrix, offset = index_map(steps_lps, origin_lps, grid)
    return nearest(labels, matrix, offset, grid.shape_zyx, cancel), grid


def orthogonal_grid(shape_zyx: IndexZyx, steps_lps: FloatArray, origin_lps: FloatArray) -> Grid:
    """Return the smallest grid at right angles that holds every voxel centre of a sheared one.

    Its x axis is the source's, its y axis lies in the source's slices, its z axis is their normal.

    Raises:
        GeometryError: two axes are parallel.
    """
    steps = np.asarray(steps_lps, dtype=np.float64)
    rows, spacing = _orthogonal_axes(steps)
    corners = np.array([[z, y, x] for z in (0, 1) for y in (0, 1) for x in (0, 1)]) * (np.array(shape_zyx) - 1)
    placed = corners @ steps @ rows.T / spacing  # corner centres in voxels of the new axes
    low = np.floor(placed.min(axis=0) + 1e-4)
    size = np.ceil(placed.max(axis=0) - 1e-4) - low + 1
    first = np.asarray(origin_lps, dtype=np.float64) + (low * spacing) @ rows
    return Grid(
        (int(size[0]), int(size[1]), int(size[2])),
        (float(spacing[0]), float(spacing[1]), float(spacing[2])),
        (float(first[0]), float(first[1]), float(first[2])),
        as_direction(rows),
    )


def _orthogonal_axes(steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return orthonormal rows (z, y, x) and spacings: x as it is, y at right angles to it, z the normal."""
    across = steps[2] / np.linalg.norm(steps[2])
    down = steps[1] - (steps[1] @ across) * across
    height = float(np.linalg.norm(down))
    down = down / (height or 1.0)
    normal = np.cross(across, down)
    depth = float(steps[0] @ normal)
    if height < 1e-6 or abs(depth) < 1e-6:
        raise GeometryError(
            "The axes of the volume lie in one plane.",
            f"The steps between voxels are {np.round(steps, 4).tolist()} mm.",
            "Correct the header of the file.",
        )
    rows: FloatArray = np.zeros((3, 3))
    rows[0], rows[1], rows[2] = normal if depth > 0 else -normal, down, across
    spacing: FloatArray = np.array([abs(depth), height, float(np.linalg.norm(steps[2]))], dtype=np.float64)
    return rows, spacing
