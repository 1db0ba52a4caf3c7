"""The kernels of resampling: linear and nearest, one slab of the target at a time.

Where two grids are parallel, whole planes are taken or mixed axis by axis; only oblique ones pay for a
coordinate per voxel. A voxel's whole cell counts as inside, as in ITK: up to half a voxel beyond the
outermost centres the border value holds, farther out the fill value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.progress import CancelToken
from engine.core.types import FloatArray, IndexZyx
from engine.geometry.grid import Grid

Scalar = TypeVar("Scalar", bound=np.generic)

SLAB = 16
"""Slices of the target made at a time: what bounds the memory."""

_ALIGNED = 1e-6  # voxels of drift along the whole axis that still count as parallel
_EDGE = 1e-6  # voxels; keeps faces that coincide from falling outside by rounding


def index_map(steps_lps: FloatArray, origin_lps: FloatArray, target: Grid) -> tuple[FloatArray, FloatArray]:
    """Return matrix and offset with ``source index = matrix @ target index + offset``, all in (z, y, x).

    Args:
        steps_lps: (3, 3) mm of the source, row k along array axis k; not always at right angles.
        origin_lps: (3,) mm, centre of the source's first voxel.
        target: Where values are wanted.
    """
    to_source = np.linalg.inv(steps_lps)
    matrix = (target.steps_lps @ to_source).T
    offset = (np.array(target.origin_lps) - np.asarray(origin_lps, dtype=np.float64)) @ to_source
    return matrix, np.asarray(offset, dtype=np.float64)


def nearest(
    labels: NDArray[Scalar],
    matrix: FloatArray,
    offset: FloatArray,
    shape: IndexZyx,
    cancel: CancelToken | None = None,
) -> NDArray[Scalar]:
    """Return a (z, y, x) array of `shape` by nearest neighbour, 0 outside; half-way goes to the higher index."""
    result = np.zeros(shape, dtype=labels.dtype)
    axes = _parallel(matrix, shape)
    if axes is not None:
        if cancel is not None:
            cancel.check()
        _nearest_parallel(labels, matrix, offset, axes, result)
        return result
    for start in range(0, shape[0], SLAB):
        if cancel is not None:
            cancel.check()
        part = slice(start, min(start + SLAB, shape[0]))
        index, inside = _source_index(matrix, offset, labels.shape, shape, part)
        z, y, x = (
            np.clip(np.floor(c + 0.5).astype(np.intp), 0, n - 1) for c, n in zip(index, labels.shape, strict=True)
        )
        result[part] = np.where(inside, labels[z, y, x], np.zeros((), labels.dtype))
    return result


def _parallel(matrix: FloatArray, shape: IndexZyx) -> IndexZyx | None:
    """Return, per source axis, the target axis it runs along, or None where the grids are oblique to each other."""
    axes = np.argmax(np.abs(matrix), axis=1)
    rest = np.abs(matrix.copy())
    rest[np.arange(3), axes] = 0
    if len(set(axes.tolist())) < 3 or float((rest * np.array(shape)).max()) > _ALIGNED:
        return None
    return int(axes[0]), int(axes[1]), int(axes[2])


def _nearest_parallel(
    labels: NDArray[Scalar], matrix: FloatArray, offset: FloatArray, axes: IndexZyx, result: NDArray[Scalar]
) -> None:
    """Fill `result` by taking whole planes: no coordinate per voxel."""
    taken = labels.transpose([axes.index(k) for k in range(3)])  # a view in the target's axis order
    region: list[slice] = []
    picks: list[NDArray[np.intp]] = []
    for axis in range(3):
        source = axes.index(axis)
        at = _along(matrix, offset, source, axis, slice(0, result.shape[axis]))
        inside = np.flatnonzero((at >= -0.5 - _EDGE) & (at <= labels.shape[source] - 0.5 + _EDGE))
        if inside.size == 0:
            return
        region.append(slice(int(inside[0]), int(inside[-1]) + 1))
        nearest = np.floor(at[inside] + 0.5).astype(np.intp)
        picks.append(np.clip(nearest, 0, labels.shape[source] - 1))
    result[tuple(region)] = taken[np.ix_(picks[0], picks[1], picks[2])]


def linear_slabs(
    values: NDArray[Scalar],
    matrix: FloatArray,
    offset: FloatArray,
    shape: IndexZyx,
    fill: float,
    slab: int,
    cancel: CancelToken | None,
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield ``(slices, (dz, y, x) float32 values)`` of an array of `shape` by linear interpolation.

    Args:
        values: (z, y, x) source.
        matrix: As of :func:`index_map`.
        offset: As of :func:`index_map`.
        shape: Shape of the whole target, (z, y, x).
        fill: Value of what lies outside.
        slab: Slices per step.
        cancel: Looked at once per step.

    Raises:
        Cancelled: someone said stop.
    """
    axes = _parallel(matrix, shape)
    for start in range(0, shape[0], slab):
        if cancel is not None:
            cancel.check()
        part = slice(start, min(start + slab, shape[0]))
        if axes is None:
            yield part, _linear_oblique(values, matrix, offset, shape, part, fill)
        else:
            yield part, linear_parallel(values, matrix, offset, axes, shape, part, fill)


def linear_parallel(
    values: NDArray[Scalar],
    matrix: FloatArray,
    offset: FloatArray,
    axes: IndexZyx,
    shape: IndexZyx,
    part: slice,
    fill: float,
) -> NDArray[np.float32]:
    """Interpolate one axis after the other: two planes mixed at a time instead of eight corners per voxel."""
    turned = values.transpose([axes.index(k) for k in range(3)])
    outside: list[NDArray[np.bool_]] = []
    for axis in range(3):
        source = axes.index(axis)
        at = _along(matrix, offset, source, axis, part if axis == 0 else slice(0, shape[axis]))
        last = turned.shape[axis] - 1
        outside.append((at < -0.5 - _EDGE) | (at > last + 0.5 + _EDGE))
        at = np.clip(at, 0.0, float(last))
        low = np.minimum(np.floor(at).astype(np.intp), max(last - 1, 0))
        weight = np.asarray(at - low, dtype=np.float32)
        turned = _mixed(turned, axis, low, np.minimum(low + 1, last), weight)
    result = np.ascontiguousarray(turned, dtype=np.float32)
    result[outside[0]] = fill
    result[:, outside[1]] = fill
    result[:, :, outside[2]] = fill
    return result


def _along(matrix: FloatArray, offset: FloatArray, source: int, axis: int, part: slice) -> FloatArray:
    """Return the index along one source axis for each index along the target axis that runs with it."""
    index = np.arange(part.start, part.stop, dtype=np.float64)
    return np.asarray(matrix[source, axis] * index + offset[source], dtype=np.float64)


def _mixed(
    values: NDArray[Scalar], axis: int, low: NDArray[np.intp], high: NDArray[np.intp], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return ``(1 - weight) * values[low] + weight * values[high]`` along `axis`, float32."""
    below = values.take(low, axis=axis).astype(np.float32)
    if not weight.any():
        return below
    above = values.take(high, axis=axis).astype(np.float32)
    above -= below
    above *= weight.reshape([-1 if k == axis else 1 for k in range(3)])
    above += below
    return above


def _linear_oblique(
    values: NDArray[Scalar], matrix: FloatArray, offset: FloatArray, shape: IndexZyx, part: slice, fill: float
) -> NDArray[np.float32]:
    from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

    index, inside = _source_index(matrix, offset, values.shape, shape, part)
    if not inside.any():
        return np.full(inside.shape, fill, dtype=np.float32)
    # Only the source planes this slab reaches: map_coordinates converts what it is given to floats.
    low = max(0, int(np.floor(index[0][inside].min())) - 1)
    high = min(values.shape[0], int(np.ceil(index[0][inside].max())) + 2)
    index[0] -= low
    result = np.empty(inside.shape, dtype=np.float32)
    ndimage.map_coordinates(  # pyright: ignore[reportUnknownMemberType]
        values[low:high].astype(np.float32), index, output=result, order=1, mode="nearest", prefilter=False
    )
    result[~inside] = fill
    return result


def _source_index(
    matrix: FloatArray, offset: FloatArray, source_shape: tuple[int, ...], shape: IndexZyx, part: slice
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the source's continuous indices (3, dz, y, x) of a slab of the target, and which lie inside."""
    z = np.arange(part.start, part.stop, dtype=np.float64)[:, None, None]
    y = np.arange(shape[1], dtype=np.float64)[None, :, None]
    x = np.arange(shape[2], dtype=np.float64)[None, None, :]
    index = np.stack([matrix[k, 0] * z + matrix[k, 1] * y + matrix[k, 2] * x + offset[k] for k in range(3)])
    inside = np.ones(index.shape[1:], dtype=np.bool_)
    for k in range(3):
        inside &= (index[k] >= -0.5 - _EDGE) & (index[k] <= source_shape[k] - 0.5 + _EDGE)
    return index, inside
