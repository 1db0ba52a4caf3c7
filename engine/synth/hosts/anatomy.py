"""What a painter must know of a host: its lungs, airways, depth below the pleura, noise.

All by classical means, so that no network's mistakes are learned again. Arrays are canonical: z to the head, y to
the back, x to the patient's left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.errors import InputError
from engine.core.types import FloatZyx, HuArray, LabelArray, MaskArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.prep.lungs import find_lungs
from engine.synth.hosts.airways import find_airways
from engine.synth.hosts.distance import distance_mm
from engine.synth.space import Real

_LUNG_HU = -400
_GAS_HU = -970
_CLOSE_MM = 6.0
"""Vessels and nodules at the pleura belong to the lung; what is wider is filled only where lung surrounds it."""
_HOLE_MM2 = 500.0
_LEAST_ML = 300.0


@dataclass(frozen=True, eq=False)
class Host:
    """A chest to paint into, in canonical order.

    Args:
        name: For the record.
        hu: (z, y, x) int16.
        grid: Its grid.
        lungs: (z, y, x) 1 right, 2 left, vessels inside; without windpipe and main bronchi.
        airways: (z, y, x) air of windpipe and main bronchi.
        depth_mm: (z, y, x) float32 distance to the surface of the lung; 0 outside.
        noise_hu: Standard deviation of the noise in soft tissue.
        grain_voxels: Correlation of the noise in the plane, as the σ of a Gaussian.
    """

    name: str
    hu: HuArray
    grid: Grid
    lungs: LabelArray
    airways: MaskArray
    depth_mm: Real
    noise_hu: float
    grain_voxels: float

    @property
    def spacing_zyx_mm(self) -> FloatZyx:
        """Spacing of the canonical grid."""
        return self.grid.spacing_zyx_mm

    def noise(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Real:
        """Return noise like the host's own, (z, y, x) float32."""
        from scipy.ndimage import gaussian_filter

        made: Real = rng.standard_normal(shape, dtype=np.float32)
        if self.grain_voxels > 0.25:
            made = np.asarray(gaussian_filter(made, (0.0, self.grain_voxels, self.grain_voxels), truncate=3.0))
            made /= max(float(made.std()), 1e-6)
        return made * np.float32(self.noise_hu)


def host_of(hu: HuArray, grid: Grid, name: str) -> Host:
    """Return a chest CT as a host.

    Raises:
        InputError: it shows too little lung.
    """
    turn = Orientation.of(grid)
    values = np.ascontiguousarray(turn.apply(hu))
    canonical = turn.grid(grid)
    spacing = canonical.spacing_zyx_mm
    airways = find_airways(values, spacing)
    lungs = segment_lungs(values, canonical, airways)
    ml = float((lungs > 0).sum()) * canonical.voxel_ml
    if ml < _LEAST_ML:
        raise InputError(
            f"“{name}” cannot host painted disease.",
            f"It shows {ml:.0f} ml of lung; {_LEAST_ML:.0f} ml are needed.",
            "Leave it out of the manifest.",
        )
    noise, grain = _noise(values)
    return Host(name, values, canonical, lungs, airways, depth_below(lungs > 0, spacing), noise, grain)


def segment_lungs(hu: HuArray, grid: Grid, airways: MaskArray) -> LabelArray:
    """Return the lungs by their air: 1 right, 2 left, vessels filled, windpipe and main bronchi left out.

    Args:
        hu: (z, y, x) canonical.
        grid: Its grid.
        airways: Air of windpipe and main bronchi.
    """
    import cc3d

    found = find_lungs(hu, grid)
    whole = Box.whole(grid.shape_zyx)
    spacing = grid.spacing_zyx_mm
    about = grown(found.mask_on(whole), spacing, 4.0)
    walls = grown(airways, spacing, 2.0)
    air = (hu < _LUNG_HU) & about & ~walls
    sides = found.sides_on(whole)
    out = np.zeros(hu.shape, np.uint8)
    for side in (1, 2):
        part = air & (sides == side)
        if not part.any():
            continue
        pieces, count = cc3d.connected_components(part, connectivity=6, return_N=True)
        sizes = np.asarray(cc3d.statistics(pieces)["voxel_counts"], np.int64)
        keep = sizes >= 0.02 * sizes[1:].max()
        keep[0] = False
        for piece in np.flatnonzero(keep):  # gas in stomach or bowel is emptier than any lung
            keep[piece] = np.median(hu[pieces == piece]) > _GAS_HU
        lung = keep[pieces] if count else part
        closed = _holes_filled(closed_by(lung, spacing, _CLOSE_MM), spacing)
        out[closed & ~walls & (out == 0)] = side
    return out


def grown(mask: MaskArray, spacing_zyx_mm: FloatZyx, by_mm: float) -> MaskArray:
    """Return the mask with everything within `by_mm` of it."""
    return distance_mm(~mask, spacing_zyx_mm) <= by_mm if mask.any() else mask


def closed_by(mask: MaskArray, spacing_zyx_mm: FloatZyx, by_mm: float) -> MaskArray:
    """Return the mask grown by `by_mm` and shrunk again: narrow gaps and bays are filled, also at the array's edge."""
    if not mask.any():
        return mask
    wide = grown(mask, spacing_zyx_mm, by_mm)
    return (distance_mm(wide, spacing_zyx_mm) > by_mm) | mask


def depth_below(mask: MaskArray, spacing_zyx_mm: FloatZyx) -> Real:
    """Return the distance (mm) of each voxel of the mask to what lies outside of it."""
    return distance_mm(mask, spacing_zyx_mm)


def _holes_filled(mask: MaskArray, spacing_zyx_mm: FloatZyx) -> MaskArray:
    """Return the mask with what it encloses within a slice, up to the size of a large vessel."""
    import cc3d

    out = mask.copy()
    largest = _HOLE_MM2 / (spacing_zyx_mm[1] * spacing_zyx_mm[2])
    for z in np.flatnonzero(mask.any(axis=(1, 2))):
        pieces = np.asarray(cc3d.connected_components(~mask[z], connectivity=4))
        sizes = np.bincount(pieces.reshape(-1))
        fill = sizes <= largest
        fill[0] = False
        for line in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
            fill[line] = False
        out[z] |= fill[pieces]
    return out


def _noise(hu: HuArray) -> tuple[float, float]:
    """Return standard deviation and grain of the noise, from the middle of soft tissue."""
    from scipy.ndimage import binary_erosion, uniform_filter1d

    soft = (hu > -30) & (hu < 110)
    inner = np.asarray(binary_erosion(soft, np.ones((1, 5, 5), bool)), np.bool_)
    if int(inner.sum()) < 500:
        return 12.0, 0.6
    smooth = uniform_filter1d(uniform_filter1d(hu.astype(np.float32), 5, axis=1), 5, axis=2)
    rest = hu - np.asarray(smooth, np.float32)
    spread = float(rest[inner].std())
    pairs = inner[:, :, 1:] & inner[:, :, :-1]
    step = float((rest[:, :, 1:] - rest[:, :, :-1])[pairs].std())
    alike = min(max(1 - step**2 / (2 * max(spread, 1e-3) ** 2), 0.02), 0.9)
    return spread, float(np.sqrt(-1 / (4 * np.log(alike))))
