"""Where the slices of a series lie, and the regular grid they are read onto. Pure arithmetic, no files.

The array's first axis runs along the slice normal ``row direction × column direction`` and ascends with it,
as in ITK: for a clean series size, spacing, origin and direction are those of SimpleITK's series reader.
A clean series is copied slice by slice. A tilted one is sheared back in its own planes; uneven distances
are interpolated linearly between the two neighbouring slices. A target slice is therefore a sum of at most
two source slices, each moved within its plane, so that every kind of series is filled slice by slice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.core.errors import DicomError
from engine.core.types import FloatArray, PointLps
from engine.geometry.grid import Grid
from engine.io.dicom.slice import Cosines

JITTER_MM = 0.01
JITTER_SHARE = 0.01
"""Positions may be off the regular grid by the larger of the two: they were rounded when written."""
ROUNDING_SHARE = 0.1
"""Up to a tenth of the spacing is told but not resampled: interpolation would do more harm."""
SHEAR_PIXELS = 0.1
"""Slices that drift less than this across the whole series are not moved."""
_FINEST_SHARE = 0.25
_HOLE_RATIO = 1.5
_MOST_BETWEEN = 8
"""More target slices than this between two real ones are a hole, whatever its neighbours."""


@dataclass(frozen=True)
class Axes:
    """Unit vectors of a slice in LPS: along its rows (x), down its columns (y), and the normal (z)."""

    along_row: FloatArray
    along_column: FloatArray
    normal: FloatArray


@dataclass(frozen=True)
class Plane:
    """The lowest slice of a stack: its axes, first pixel (LPS), size and pixel spacing."""

    axes: Axes
    first: PointLps
    shape_yx: tuple[int, int]
    spacing_yx_mm: tuple[float, float]


@dataclass(frozen=True)
class Tap:
    """A share of one source slice in a target slice."""

    source: int
    weight: float


@dataclass(frozen=True)
class Plan:
    """How the target slices come from the source slices.

    Args:
        grid: The grid of the volume.
        taps: For each target slice one or two shares; the weights sum to 1.
        shift_yx: For each source slice where its first pixel comes to lie in the target, in pixels.
        at_mm: Where each source slice lies along the normal, ascending.
    """

    grid: Grid
    taps: tuple[tuple[Tap, ...], ...]
    shift_yx: tuple[tuple[float, float], ...]
    at_mm: tuple[float, ...]

    @property
    def copies(self) -> bool:
        """Whether every target slice is one source slice, unmoved."""
        return all(len(t) == 1 for t in self.taps) and not any(any(s) for s in self.shift_yx)

    def without(self, broken: frozenset[int]) -> Plan:
        """Return the plan on the same grid that uses no source in `broken`; beyond the last good one no taps."""
        good = [k for k in range(len(self.at_mm)) if k not in broken]
        at = np.array([self.at_mm[k] for k in good])
        step = self.grid.spacing_zyx_mm[0]
        taps: list[tuple[Tap, ...]] = []
        for z, old in enumerate(self.taps):
            target = self.at_mm[0] + z * step
            if not any(t.source in broken for t in old):
                taps.append(old)
            elif good and at[0] <= target <= at[-1]:
                taps.append(tuple(Tap(good[t.source], t.weight) for t in _taps(at, target, step)))
            else:
                taps.append(())
        return replace(self, taps=tuple(taps))


def axes_of(orientation: Cosines) -> Axes:
    """Return the axes of a slice; small rounding errors are taken out.

    Raises:
        DicomError: the two directions are far from unit length or from a right angle.
    """
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    skew = abs(float(row @ column)) / (lengths[0] * lengths[1])
    if max(abs(length - 1.0) for length in lengths) > 0.02 or skew > 0.01:
        raise DicomError(
            "The orientation of the slices cannot be used.",
            f"ImageOrientationPatient (0020,0037) is {[round(v, 5) for v in orientation]}; two unit vectors at a right "
            "angle are needed.",
            "Ask for the series again from where it came.",
        )
    if max(abs(length - 1.0) for length in lengths) > 1e-6 or skew > 1e-6:
        row = row / lengths[0]
        column = column - (column @ row) * row
        column = column / np.linalg.norm(column)
    return Axes(row, column, np.cross(row, column))


def along_normal(positions: FloatArray, axes: Axes) -> FloatArray:
    """Return (n,) mm: how far each position (n, 3) lies along the slice normal."""
    return positions @ axes.normal


def uneven(at_mm: FloatArray) -> tuple[float, float]:
    """Return the mean distance of sorted positions and how far one is off the regular grid at most, mm."""
    step = float(at_mm[-1] - at_mm[0]) / (len(at_mm) - 1)
    regular = at_mm[0] + step * np.arange(len(at_mm))
    return step, float(np.abs(at_mm - regular).max())


def is_regular(at_mm: FloatArray, share: float = JITTER_SHARE) -> bool:
    """Whether sorted positions lie on a regular grid within the larger of 0.01 mm and `share` of its step."""
    if len(at_mm) < 3:
        return True
    step, off = uneven(at_mm)
    return off <= max(JITTER_MM, share * step)


def missing_in(at_mm: FloatArray) -> list[int]:
    """Return for each interval of sorted positions how many slices are missing in it.

    An interval is a hole where it is much longer than both its neighbours. Where the distance changes for
    good (1.25 mm, then 5 mm) the first long interval has a long neighbour and is none.
    """
    gaps = np.diff(at_mm)
    missing = []
    finest = finest_step(at_mm) if len(gaps) else 1.0
    for i, gap in enumerate(gaps):
        neighbours = [float(gaps[k]) for k in (i - 1, i + 1) if 0 <= k < len(gaps)]
        reference = max(neighbours, default=float(gap))
        if gap > _HOLE_RATIO * reference:
            missing.append(max(1, round(float(gap) / reference) - 1))
        elif gap > (_MOST_BETWEEN + 0.5) * finest:
            missing.append(round(float(gap) / finest) - 1)
        else:
            missing.append(0)
    return missing


def finest_step(at_mm: FloatArray) -> float:
    """Return the smallest distance worth a slice: not below a quarter of the median distance."""
    gaps = np.diff(at_mm)
    return max(float(gaps.min()), _FINEST_SHARE * float(np.median(gaps)), JITTER_MM)


def regular_steps(at_mm: FloatArray) -> list[int] | None:
    """Return how many steps of one regular grid lie in each interval, or None if they fit no such grid."""
    gaps = np.diff(at_mm)
    base = float(np.median(gaps))
    steps = [max(1, round(float(g) / base)) for g in gaps]
    fits = all(
        abs(float(g) - k * base) <= max(JITTER_MM, ROUNDING_SHARE * base) for g, k in zip(gaps, steps, strict=True)
    )
    return steps if fits else None


def in_plane_drift(positions: FloatArray, axes: Axes) -> FloatArray:
    """Return (n, 2) mm: how far each slice is moved down its columns and along its rows against the first."""
    moved = positions - positions[0]
    return np.stack([moved @ axes.along_column, moved @ axes.along_row], axis=1)


def tilt_degrees(at_mm: FloatArray, drift_mm: FloatArray) -> float:
    """Return the angle between the stacking direction and the slice normal."""
    length = float(at_mm[-1] - at_mm[0])
    return math.degrees(math.atan2(float(np.linalg.norm(drift_mm[-1])), length)) if length else 0.0


def make_plan(at_mm: FloatArray, targets_mm: FloatArray, drift_mm: FloatArray, plane: Plane, step_mm: float) -> Plan:
    """Return the plan from sorted slices to a regular grid.

    Args:
        at_mm: (n,) where the source slices lie along the normal, ascending.
        targets_mm: (m,) where the target slices shall lie, regular, from ``at_mm[0]`` on.
        drift_mm: (n, 2) as from :func:`in_plane_drift`; zeros where slices are not to be moved.
        plane: The source slice at ``at_mm[0]``.
        step_mm: Distance of the target slices.
    """
    axes, spacing = plane.axes, plane.spacing_yx_mm
    shift = drift_mm / np.array(spacing)
    low = shift.min(axis=0)
    rows, columns = (int(n + math.ceil(s - 1e-3)) for n, s in zip(plane.shape_yx, np.ptp(shift, axis=0), strict=True))
    origin = np.array(plane.first) + low[0] * spacing[0] * axes.along_column + low[1] * spacing[1] * axes.along_row
    grid = Grid(
        (len(targets_mm), rows, columns),
        (step_mm, *spacing),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        (_triple(axes.normal), _triple(axes.along_column), _triple(axes.along_row)),
    )
    moved = tuple((float(y), float(x)) for y, x in shift - low)
    taps = tuple(_taps(at_mm, float(t), step_mm) for t in targets_mm)
    return Plan(grid, taps, moved, tuple(float(a) for a in at_mm))


def _taps(at_mm: FloatArray, target: float, step: float) -> tuple[Tap, ...]:
    after = int(np.searchsorted(at_mm, target))
    nearest = min((k for k in (after - 1, after) if 0 <= k < len(at_mm)), key=lambda k: abs(at_mm[k] - target))
    if abs(at_mm[nearest] - target) <= ROUNDING_SHARE * step or not 0 < after < len(at_mm):
        return (Tap(nearest, 1.0),)
    share = (target - float(at_mm[after - 1])) / float(at_mm[after] - at_mm[after - 1])
    return (Tap(after - 1, 1.0 - share), Tap(after, share))


def _triple(vector: FloatArray) -> tuple[float, float, float]:
    x, y, z = vector.tolist()
    return (x, y, z)


def orientation_word(orientation: Cosines | None) -> str:
    """Return ``"axial"``, ``"coronal"``, ``"sagittal"`` or ``"oblique"`` by the slice normal; empty if unknown.

    A gantry tilt of up to 30° still is axial, as everybody calls it.
    """
    if orientation is None:
        return ""
    normal = np.abs(np.cross(orientation[:3], orientation[3:]))
    length = float(np.linalg.norm(normal))
    if length == 0:
        return ""
    word = ("sagittal", "coronal", "axial")[int(np.argmax(normal))]
    return word if normal.max() / length >= math.cos(math.radians(31.0)) else "oblique"
