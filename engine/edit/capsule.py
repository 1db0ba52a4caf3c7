"""The voxels within a radius of a straight piece of a stroke, in true millimetres.

A capsule is convex: along every row of voxels it is one interval. So the work is done per row (a few
thousand) and not per voxel (a few hundred thousand): a 20 mm ball takes well under a millisecond.
"""

from __future__ import annotations

from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatArray, FloatZyx, MaskArray
from engine.geometry.box import Box

_EDGE_MM = 1e-6  # a voxel centre exactly on the border belongs to the brush, whatever rounding says
_STILL_MM = 1e-9  # a mouse that did not move; squares of less lose their meaning
_PARALLEL = 1e-12


def capsule_box(
    start: FloatZyx, end: FloatZyx, radius_mm: float, spacing_mm: FloatZyx, *, across: int | None = None
) -> Box:
    """Return the box that holds the capsule from `start` to `end`; it may reach outside the volume.

    Args:
        start: Continuous index (z, y, x).
        end: Continuous index (z, y, x).
        radius_mm: Radius of the brush.
        spacing_mm: Voxel spacing (z, y, x).
        across: Axis along which the brush has no reach (a disc), or None for a ball.
    """
    low: list[int] = []
    high: list[int] = []
    for axis, (a, b, s) in enumerate(zip(start, end, spacing_mm, strict=True)):
        reach = (_EDGE_MM if axis == across else radius_mm + _EDGE_MM) / s
        # The nearest voxel is always in, also where the reach is less than half a voxel.
        low.append(min(ceil(min(a, b) - reach), floor(min(a, b) + 0.5)))
        high.append(max(floor(max(a, b) + reach), floor(max(a, b) + 0.5)) + 1)
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def capsule_mask(box: Box, start: FloatZyx, end: FloatZyx, radius_mm: float, spacing_mm: FloatZyx) -> MaskArray:
    """Return which voxels of `box` have their centre within `radius_mm` of the segment from `start` to `end`.

    The voxels that the segment itself passes through always belong to it, so that a brush thinner than a
    voxel still draws a line without gaps.

    Args:
        box: The voxels asked for.
        start: Continuous index (z, y, x).
        end: Continuous index (z, y, x).
        radius_mm: Radius of the brush.
        spacing_mm: Voxel spacing (z, y, x).

    Returns:
        Bool mask of the box's shape.

    Cost: 0.2 ms for 20 mm on 0.7 × 0.7 × 1.0 mm voxels.
    """
    low, high = _row_intervals(box, start, end, radius_mm + _EDGE_MM, spacing_mm)
    x = np.arange(box.shape[2], dtype=np.int16)
    mask = (x >= low[..., None]) & (x <= high[..., None])
    if radius_mm < 0.5 * float(np.linalg.norm(spacing_mm)):
        _add_line(mask, box, start, end)
    return mask


def _row_intervals(
    box: Box, start: FloatZyx, end: FloatZyx, radius: float, spacing_mm: FloatZyx
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the first and last voxel of the capsule in every row (z, y), counted from the box's own start."""
    spacing = np.array(spacing_mm)
    first, last = np.array(start) * spacing, np.array(end) * spacing
    z = np.arange(box.start_zyx[0], box.stop_zyx[0])[:, None] * spacing[0]
    y = np.arange(box.start_zyx[1], box.stop_zyx[1])[None, :] * spacing[1]
    parts = [_chord(z, y, first, radius), _chord(z, y, last, radius)]
    if np.abs(last - first).max() > _STILL_MM:
        parts.append(_tube(z, y, first, last - first, radius))
    low = np.minimum.reduce([a for a, _ in parts]) / spacing[2] - box.start_zyx[2]
    high = np.maximum.reduce([b for _, b in parts]) / spacing[2] - box.start_zyx[2]
    outer = (-1, box.shape[2])  # the ends of empty rows are infinite
    return np.clip(np.ceil(low), *outer).astype(np.int16), np.clip(np.floor(high), *outer).astype(np.int16)


def _chord(z: FloatArray, y: FloatArray, centre: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Return the interval of x (mm) of a ball in every row; (inf, −inf) where there is none."""
    left = radius**2 - (z - centre[0]) ** 2 - (y - centre[1]) ** 2
    half = np.sqrt(np.maximum(left, 0.0))
    return np.where(left >= 0, centre[2] - half, np.inf), np.where(left >= 0, centre[2] + half, -np.inf)


def _tube(
    z: FloatArray, y: FloatArray, first: FloatArray, step: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of x (mm) of the cylinder between the two ends in every row.

    With w the offset from the first end: 0 ≤ w·step ≤ |step|² and |w|² − (w·step)²/|step|² ≤ radius².
    """
    length2 = float(step @ step)
    dz, dy, dx = (float(v) for v in step)
    wz, wy = z - first[0], y - first[1]
    c = wz * dz + wy * dy
    a = (dz * dz + dy * dy) / length2
    e = wz**2 + wy**2 - c**2 / length2 - radius**2
    if a > _PARALLEL:
        half_b = -c * dx / length2
        root = half_b**2 - a * e
        inside = root >= 0
        root = np.sqrt(np.maximum(root, 0.0))
        low, high = (-half_b - root) / a, (-half_b + root) / a
    else:
        inside = e <= 0
        low, high = np.full(e.shape, -np.inf), np.full(e.shape, np.inf)
    if abs(dx) < _STILL_MM:
        inside &= (c >= 0) & (c <= length2)
    else:
        ends = np.stack([-c / dx, (length2 - c) / dx])
        low, high = np.maximum(low, ends.min(axis=0)), np.minimum(high, ends.max(axis=0))
        inside &= low <= high
    return np.where(inside, low + first[2], np.inf), np.where(inside, high + first[2], -np.inf)


def _add_line(mask: MaskArray, box: Box, start: FloatZyx, end: FloatZyx) -> None:
    a, b = np.array(start), np.array(end)
    count = int(np.ceil(np.abs(b - a).max() * 2)) + 1
    points = np.floor(np.linspace(a, b, count + 1) + 0.5).astype(np.int64) - np.array(box.start_zyx)
    inside = ((points >= 0) & (points < np.array(box.shape))).all(axis=1)
    mask[tuple(points[inside].T)] = True
