"""Points of a slice in the frame of the synthetic body, windows of a slice, and smooth random fields.

The body frame has its origin on the midline at the top of the right diaphragm, in mm: x to the left,
y to the back, z to the head. A :class:`Pose` says where it lies in LPS, so a tilted patient or an
oblique grid costs nothing but fuller arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatArray, IndexZyx, PointLps
from engine.geometry.grid import Grid

Real: TypeAlias = NDArray[Any]
"""float32 of any shape; elementwise functions of points take and give it."""

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns of a slice."""

_SPLINE_STD = 0.331
"""Standard deviation of a 3-D cubic B-spline of unit white noise, averaged over the phases."""

_LOOK_MM = 6.0
"""Distance of the points that are looked at to find where a structure lies."""
_NEAR_MM = 12.0
"""A structure farther than this from all of them is not in the slice; distances may rise 2 mm a mm."""


@dataclass(frozen=True)
class Pose:
    """Where the body frame lies.

    Args:
        origin_lps: LPS point of the body's origin, mm.
        yaw_deg: Turn about the long axis (one shoulder up on the table).
        roll_deg: Lean to a side, in the coronal plane.
        pitch_deg: Nod, in the sagittal plane.
    """

    origin_lps: PointLps = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    pitch_deg: float = 0.0

    @property
    def rotation(self) -> FloatArray:
        """(3, 3); row k is body axis k (x, y, z) in LPS."""
        a, b, c = np.deg2rad([self.yaw_deg, self.roll_deg, self.pitch_deg])
        yaw = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
        roll = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        pitch = np.array([[1, 0, 0], [0, np.cos(c), np.sin(c)], [0, -np.sin(c), np.cos(c)]])
        return yaw @ roll @ pitch

    def to_body(self, points_lps: FloatArray) -> FloatArray:
        """Return (..., 3) LPS points in the body frame, (x, y, z) mm."""
        return (points_lps - np.asarray(self.origin_lps)) @ self.rotation.T

    def to_lps(self, points_body: FloatArray) -> FloatArray:
        """Return (..., 3) points of the body frame in LPS, mm."""
        return points_body @ self.rotation + np.asarray(self.origin_lps)


@dataclass(frozen=True)
class Points:
    """Coordinates in the body frame, mm; arrays broadcast against each other."""

    x: Real
    y: Real
    z: Real

    @classmethod
    def of(cls, points_body: FloatArray) -> Points:
        """Return the columns of an (n, 3) array."""
        x, y, z = np.asarray(points_body, dtype=np.float32).T
        return cls(x, y, z)

    def cut(self, window: Window) -> Points:
        """Return the points of a part of the slice."""
        return Points(cut(self.x, window), cut(self.y, window), cut(self.z, window))


def slice_points(grid: Grid, pose: Pose, k: float) -> Points:
    """Return the body coordinates of slice `k`, broadcastable to (y, x).

    A coordinate that does not change along an axis stays of length 1 there.
    """
    rows = (np.asarray(grid.direction) * np.asarray(grid.spacing_zyx_mm)[:, None]) @ pose.rotation.T
    base = pose.to_body(np.asarray(grid.origin_lps)) + k * rows[0]
    _, ny, nx = grid.shape_zyx
    along_y = np.arange(ny)[:, None]
    along_x = np.arange(nx)[None, :]
    axes: list[Real] = []
    for axis in range(3):
        value = np.full((1, 1), base[axis])
        for step, index in ((rows[1, axis], along_y), (rows[2, axis], along_x)):
            if abs(step) > 1e-9:
                value = value + step * index
        axes.append(value.astype(np.float32))
    return Points(*axes)


def cut(values: Real, window: Window) -> Real:
    """Return a view of the part of (y, x) values; an axis of length 1 stays."""
    rows, columns = window
    if values.shape[0] > 1:
        values = values[rows]
    return values[:, columns] if values.shape[1] > 1 else values


def window_of(
    distance: Callable[[Points], Real], p: Points, shape_yx: tuple[int, int], spacing_yx_mm: tuple[float, float]
) -> Window | None:
    """Return a part of the slice that holds all of a structure, None if the slice holds nothing of it.

    The distance is evaluated on every sixth millimetre only, so that the costly evaluation on every
    voxel can be kept to where something is to be painted.

    Args:
        distance: Gives the distance to the structure in mm, negative inside.
        p: Points of the slice.
        shape_yx: Voxels of the slice.
        spacing_yx_mm: Spacing in the plane.
    """
    steps = [max(1, int(_LOOK_MM / s)) for s in spacing_yx_mm]
    sparse = p.cut((slice(None, None, steps[0]), slice(None, None, steps[1])))
    looked = tuple(-(-n // step) for n, step in zip(shape_yx, steps, strict=True))
    near = np.broadcast_to(distance(sparse) < np.float32(_NEAR_MM + max(spacing_yx_mm)), looked)
    parts: list[slice] = []
    for axis, step in enumerate(steps):
        hits = np.flatnonzero(near.any(axis=1 - axis))
        if not len(hits):
            return None
        parts.append(slice(max(0, (int(hits[0]) - 1) * step), min(shape_yx[axis], (int(hits[-1]) + 1) * step + 1)))
    return parts[0], parts[1]


def body_to_index(grid: Grid, pose: Pose, points_body: FloatArray) -> FloatArray:
    """Return the continuous (z, y, x) index of (n, 3) points of the body frame."""
    return grid.to_index(pose.to_lps(points_body))


class NoiseField:
    """Gaussian noise, mean 0 and standard deviation 1, smooth over `period_mm`; read slice by slice.

    Args:
        rng: Source of the lattice.
        shape_zyx: Voxels of the grid it will be read on.
        spacing_zyx_mm: Spacing of that grid.
        period_mm: Distance of the lattice points; structures are about twice that wide.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        shape_zyx: IndexZyx,
        spacing_zyx_mm: tuple[float, float, float],
        period_mm: float,
    ) -> None:
        counts = [int(n * s / period_mm) + 4 for n, s in zip(shape_zyx, spacing_zyx_mm, strict=True)]
        self._lattice = rng.standard_normal(counts, dtype=np.float32) / np.float32(_SPLINE_STD)
        self._step_z = spacing_zyx_mm[0] / period_mm
        self._weights = [
            _spline_weights(np.arange(n, dtype=np.float64) * s / period_mm, count)
            for n, s, count in zip(shape_zyx[1:], spacing_zyx_mm[1:], counts[1:], strict=True)
        ]

    def slice(self, k: float) -> Real:
        """Return the field on slice `k`, (y, x) float32."""
        row = _spline_weights(np.array([k * self._step_z]), self._lattice.shape[0])[0]
        used = np.flatnonzero(row)
        plane = np.tensordot(row[used], self._lattice[used], axes=1)
        return self._weights[0] @ plane @ self._weights[1].T


def _spline_weights(position: FloatArray, count: int) -> Real:
    """Return the (n, count) cubic B-spline weights of lattice points 0 … count − 1."""
    distance = np.abs(position[:, None] + 1 - np.arange(count)[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - distance) ** 3 / 6
    weights = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
    return weights.astype(np.float32)


def coverage(distance_mm: Real, width_mm: float) -> Real:
    """Return how much of a voxel lies inside a surface: 1 inside, 0 outside, a ramp of `width_mm` between."""
    return np.clip(np.float32(0.5) - distance_mm / np.float32(width_mm), 0, 1)


def over(hu: Real, value: Real | float | np.floating[Any], cover: Real) -> None:
    """Blend `value` into `hu` in place where `cover` (0 … 1) says so."""
    hu += cover * (value - hu)


def smooth_max(a: Real, b: Real, radius_mm: float) -> Real:
    """Return max(a, b) with the crease rounded over `radius_mm`."""
    blend = np.clip(radius_mm - np.abs(a - b), 0, None)
    return np.maximum(a, b) + blend * blend * np.float32(0.25 / radius_mm)


def smooth_min(a: Real, b: Real, radius_mm: float) -> Real:
    """Return min(a, b) with the crease rounded over `radius_mm`."""
    return -smooth_max(-a, -b, radius_mm)


def ellipsoid(dx: Real, dy: Real, dz: Real | float, radii: tuple[Real | float, Real | float, Real | float]) -> Real:
    """Return the signed distance (mm, negative inside) of an ellipsoid, exact on it and good near it."""
    rx, ry, rz = radii
    u, v, w = dx / rx, dy / ry, dz / rz
    unit = np.sqrt(u * u + v * v + w * w) + np.float32(1e-6)
    u, v, w = u / rx, v / ry, w / rz
    slope = np.sqrt(u * u + v * v + w * w) + np.float32(1e-6)
    return unit * (unit - 1) / slope


def ellipse(dx: Real, dy: Real, rx: Real | float, ry: Real | float) -> Real:
    """Return the signed distance (mm, negative inside) of an upright elliptic cylinder."""
    u, v = dx / rx, dy / ry
    unit = np.sqrt(u * u + v * v) + np.float32(1e-6)
    u, v = u / rx, v / ry
    slope = np.sqrt(u * u + v * v) + np.float32(1e-6)
    return unit * (unit - 1) / slope
