"""Tubes as rows of balls: how vessels, airways and ribs get into a slab of voxels.

A tube is sampled closely along its axis and every sample stamps a soft ball; the maximum stays. That
is a few vectorised numpy calls for any number of tubes, exact to the sampling step, and needs no more
than one slab of memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import FloatArray, FloatZyx
from engine.synth.space import Real

_CHUNK = 1_500_000
"""Voxels stamped at once: about 60 MiB of scratch."""


@dataclass(frozen=True)
class Tubes:
    """Samples along the axes of many tubes.

    Args:
        points: (n, 3) in the body frame (x, y, z), mm; after :func:`on_grid` the (z, y, x) index.
        radii_mm: (n,) radius at each sample.
    """

    points: FloatArray
    radii_mm: FloatArray

    @classmethod
    def join(cls, parts: list[Tubes]) -> Tubes:
        """Return all samples of `parts` together."""
        if not parts:
            return cls(np.zeros((0, 3)), np.zeros(0))
        return cls(np.concatenate([p.points for p in parts]), np.concatenate([p.radii_mm for p in parts]))

    def wider(self, by_mm: float) -> Tubes:
        """Return the tubes with `by_mm` added to every radius, those that vanish left out."""
        radii = self.radii_mm + by_mm
        keep = radii > 0
        return Tubes(self.points[keep], radii[keep])


def along(points: FloatArray, radii_mm: FloatArray, *, step: float = 0.3) -> Tubes:
    """Sample a line through `points` so that neighbours lie `step` radii (at least 0.4 mm) apart.

    Args:
        points: (n, 3) corners, body frame, mm.
        radii_mm: (n,) radius at each corner, interpolated between.
        step: Distance of samples in radii.
    """
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    gap = max(0.4, step * float(radii_mm.min()))
    where = np.linspace(0, at[-1], max(2, int(np.ceil(at[-1] / gap)) + 1))
    line = np.stack([np.interp(where, at, points[:, axis]) for axis in range(3)], axis=1)
    return Tubes(line, np.interp(where, at, radii_mm))


def curve(controls: FloatArray, radii_mm: FloatArray, *, count: int = 24) -> Tubes:
    """Sample a smooth curve through `controls` (cubic, natural ends)."""
    from scipy.interpolate import CubicSpline

    t = np.linspace(0, 1, len(controls))
    fine = np.linspace(0, 1, count)
    return along(CubicSpline(t, controls, bc_type="natural")(fine), np.interp(fine, t, radii_mm))


def stamp(canvas: Real, tubes: Tubes, spacing_zyx_mm: FloatZyx, first_slice: int) -> None:
    """Raise `canvas` to the share of each voxel that the tubes fill.

    Args:
        canvas: (z, y, x) float32 slab, changed in place.
        tubes: Points are (z, y, x) indices of the whole grid.
        spacing_zyx_mm: Spacing of the grid.
        first_slice: Index of the slab's first slice.
    """
    spacing = np.asarray(spacing_zyx_mm)
    soft = float(np.cbrt(spacing.prod()))
    shape = np.asarray(canvas.shape)
    off_mm = np.abs(tubes.points[:, 0] - first_slice - (shape[0] - 1) / 2) * spacing[0]
    near = np.flatnonzero(off_mm <= (shape[0] / 2 + 1) * spacing[0] + tubes.radii_mm + soft)
    centre, radii = tubes.points[near] - [first_slice, 0, 0], tubes.radii_mm[near]
    reach = np.ceil((radii[:, None] + 0.6 * soft) / spacing).astype(np.int64)
    inside = ((centre + reach >= 0) & (centre - reach <= shape - 1)).all(axis=1)
    centre, reach, radii = centre[inside], reach[inside], radii[inside]
    code = (reach * [1_000_000, 1_000, 1]).sum(axis=1)  # one number per kernel size
    for one in np.unique(code):
        chosen = code == one
        size = reach[np.argmax(chosen)]
        offsets = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in size), indexing="ij"), axis=-1).reshape(-1, 3)
        block = max(1, _CHUNK // len(offsets))
        where, radius = centre[chosen], radii[chosen]
        for start in range(0, len(where), block):
            part = slice(start, start + block)
            _stamp_block(canvas, where[part], radius[part], offsets, spacing, soft)


def _stamp_block(
    canvas: Real, centre: FloatArray, radii: FloatArray, offsets: np.ndarray, spacing: FloatArray, soft: float
) -> None:
    base = np.rint(centre).astype(np.int32)
    fraction = ((base - centre) * spacing).astype(np.float32)
    steps = (offsets * spacing).astype(np.float32)
    square = sum((fraction[:, None, a] + steps[None, :, a]) ** 2 for a in range(3))
    thin = np.minimum(1, radii / (0.5 * soft)) ** 1.3
    cover = np.clip((radii[:, None].astype(np.float32) - np.sqrt(square)) / np.float32(soft) + np.float32(0.5), 0, 1)
    cover *= thin[:, None].astype(np.float32)
    n, m = np.nonzero(cover > 0.02)
    index = base[n] + offsets[m].astype(np.int32)
    nz, ny, nx = canvas.shape
    ok = (index >= 0).all(axis=1) & (index[:, 0] < nz) & (index[:, 1] < ny) & (index[:, 2] < nx)
    index = index[ok].astype(np.int64)
    flat = (index[:, 0] * ny + index[:, 1]) * nx + index[:, 2]
    np.maximum.at(canvas.reshape(-1), flat, cover[n[ok], m[ok]])
