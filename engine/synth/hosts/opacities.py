"""Haze and solid parts of a plan as fields over a host: what is added to lung, and what takes its place.

Haze is added to air-filled tissue only, so that vessels stay visible, and falls off over a soft edge; a solid
core takes the place of lung, but not of the bronchi that run through it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import LabelArray
from engine.synth.hosts.anatomy import Host
from engine.synth.hosts.plan import Band, Patch, Plan
from engine.synth.space import NoiseField, Real

GROUND_GLASS_FROM_HU = 100.0
"""Haze of at least this much is labelled ground-glass; that of a faint lesion from half of its own strength …"""
SOLID_FROM = 0.45
"""… and a solid share of at least this much consolidation: the rule for soft borders."""


@dataclass(eq=False)
class Fields:
    """What is painted, over the whole host.

    Args:
        haze: (z, y, x) HU to add to air-filled lung, with its texture.
        border: (z, y, x) the same without texture, as labels have no grain, in units of the haze at which a
            lesion's border is drawn: 1 and more is labelled.
        solid: (z, y, x) share 0 … 1 that is replaced.
        solid_hu: (z, y, x) by what.
        air: (z, y, x) share 0 … 1 of bronchi kept open inside.
    """

    haze: Real
    border: Real
    solid: Real
    solid_hu: Real
    air: Real


@dataclass(frozen=True, eq=False)
class Textures:
    """Smooth noise over a host: mean 0, standard deviation 1."""

    broad: Real
    wide: Real
    narrow: Real
    fine: Real
    septa: Real

    @classmethod
    def draw(cls, host: Host, rng: np.random.Generator) -> Textures:
        """Return the scales that opacities are shaped and textured with."""
        periods = (
            rng.uniform(18, 40),
            rng.uniform(8, 18),
            rng.uniform(3, 7),
            rng.uniform(1.6, 3.2),
            rng.uniform(3.0, 6.0),
        )
        return cls(*(noise(host, rng, float(p)) for p in periods))


def noise(host: Host, rng: np.random.Generator, period_mm: float) -> Real:
    """Return smooth noise of one scale over a host."""
    field = NoiseField(rng, host.grid.shape_zyx, host.spacing_zyx_mm, period_mm)
    return np.stack([field.slice(k) for k in range(host.grid.shape_zyx[0])])


def render(host: Host, plan: Plan, textures: Textures, rng: np.random.Generator) -> Fields:
    """Return haze and solid parts of a plan."""
    shape = host.hu.shape
    fields = Fields(*(np.zeros(shape, np.float32) for _ in range(5)))
    for patch in plan.patches:
        _add_patch(fields, host, patch, textures, rng)
    for band in plan.bands:
        _add_band(fields, host, band, textures)
    return fields


def _add_patch(fields: Fields, host: Host, patch: Patch, textures: Textures, rng: np.random.Generator) -> None:
    box = _box(host, patch.centre_zyx, tuple(1.7 * r + 8 for r in patch.radii_mm))
    radius = _radius(host, patch, box)
    radius += np.float32(patch.ragged) * (
        np.float32(0.7) * textures.wide[box] + np.float32(0.35) * textures.narrow[box]
    )
    # A lesion ends at the pleura and at the fissure to the other side of the chest.
    side = host.lungs[patch.centre_zyx]
    share = _fall(radius, 1.0, patch.softness) * (host.lungs[box] == side)
    smooth = share * np.float32(patch.haze_hu)
    haze = smooth * (1 + np.float32(0.22) * textures.fine[box])
    _raise(fields.border, box, smooth / _border_hu(patch.haze_hu))
    if patch.paving_hu:
        haze = haze + share * np.float32(patch.paving_hu) * septa(textures.septa[box])
    _raise(fields.haze, box, haze)
    if not patch.core:
        return
    solid = _fall(radius, patch.core, 0.06) * (host.lungs[box] == side)
    if patch.ring:
        solid = solid * (1 - _fall(radius, patch.core * 0.72, 0.06))
    _put_solid(fields, box, solid, patch.core_hu)
    if patch.bronchi and not patch.ring:
        _raise(fields.air, box, _bronchi(host, patch, box, rng))


def _add_band(fields: Fields, host: Host, band: Band, textures: Textures) -> None:
    inside = np.argwhere(host.lungs > 0)
    low, high = inside.min(axis=0), inside.max(axis=0)
    nz, ny, _ = host.hu.shape
    back = ((np.arange(ny) - low[1]) / max(1, high[1] - low[1])).astype(np.float32)[None, :, None]
    level = ((np.arange(nz) - low[0]) / max(1, high[0] - low[0])).astype(np.float32)[:, None, None]
    depth = host.depth_mm + np.float32(0.3 * band.depth_mm) * textures.wide
    where = _fall(depth / np.float32(band.depth_mm), 1.0, 0.12) * (host.lungs > 0)
    where = where * _fall(-back, -band.reach, 0.06) * _fall(level, band.low, 0.06)
    where = where * _fall(textures.broad, band.gaps, 0.2)
    whole = (slice(None), slice(None), slice(None))
    smooth = where * np.float32(band.haze_hu)
    _raise(fields.border, whole, smooth / _border_hu(band.haze_hu))
    _raise(fields.haze, whole, smooth * (1 + np.float32(0.22) * textures.fine))
    if band.core:
        solid = where * _fall(depth / np.float32(band.depth_mm), band.core, 0.08)
        _put_solid(fields, whole, solid * _fall(textures.broad, band.gaps - 0.6, 0.12), band.core_hu)


def _border_hu(haze_hu: float) -> np.float32:
    """Return the haze at which somebody draws the border: a faint lesion is seen, and drawn, to half its strength."""
    return np.float32(min(GROUND_GLASS_FROM_HU, 0.5 * haze_hu))


def septa(field: Real) -> Real:
    """Return thin sheets, 1 on them and 0 between: where smooth noise changes its sign."""
    return np.clip(1 - np.abs(field) / np.float32(0.22), 0, 1)


def _bronchi(host: Host, patch: Patch, box: tuple[slice, slice, slice], rng: np.random.Generator) -> Real:
    """Return open bronchi: lines that come from the middle of the chest and fan out in the patch."""
    spacing = np.asarray(host.spacing_zyx_mm)
    shape = tuple(s.stop - s.start for s in box)
    z, y, x = (
        ((np.arange(s.start, s.stop) - c) * d).astype(np.float32)
        for s, c, d in zip(box, patch.centre_zyx, spacing, strict=True)
    )
    middle = (np.argwhere(host.airways).mean(axis=0) if host.airways.any() else np.asarray(host.hu.shape) / 2) * spacing
    inward = middle - np.asarray(patch.centre_zyx) * spacing
    inward /= max(float(np.linalg.norm(inward)), 1e-6)
    out = np.zeros(shape, np.float32)
    for _ in range(patch.bronchi):
        way = inward + rng.normal(0, 0.35, 3)
        way = (way / np.linalg.norm(way)).astype(np.float32)
        offset = (rng.normal(0, 0.22, 3) * np.asarray(patch.radii_mm)).astype(np.float32)
        width = np.float32(rng.uniform(0.7, 1.7))
        dz, dy, dx = z[:, None, None] - offset[0], y[None, :, None] - offset[1], x[None, None, :] - offset[2]
        along = dz * way[0] + dy * way[1] + dx * way[2]
        away2 = np.maximum(dz * dz + dy * dy + dx * dx - along * along, 0)
        ends = along > -0.6 * min(patch.radii_mm)
        blur = np.float32(0.5 * float(spacing[1:].mean()))
        line = _fall(np.sqrt(away2) / (width + blur), 1.0, 0.25) * ends
        out = np.maximum(out, line * min(1.0, float(width / blur) * 0.75))
    return out


def _radius(host: Host, patch: Patch, box: tuple[slice, slice, slice]) -> Real:
    """Return the distance from a patch's centre in units of its half axes."""
    parts = [
        (((np.arange(s.start, s.stop) - c) * d / r) ** 2).astype(np.float32)
        for s, c, d, r in zip(box, patch.centre_zyx, host.spacing_zyx_mm, patch.radii_mm, strict=True)
    ]
    return np.sqrt(parts[0][:, None, None] + parts[1][None, :, None] + parts[2][None, None, :])


def _fall(value: Real, at: float, softness: float) -> Real:
    """Return a logistic step: 1 well below `at`, 0 well above."""
    return 1 / (1 + np.exp(np.clip((value - np.float32(at)) / np.float32(softness), -30, 30)))


def _box(host: Host, centre: tuple[int, int, int], reach_mm: tuple[float, ...]) -> tuple[slice, slice, slice]:
    z, y, x = (
        slice(max(0, c - int(r / s) - 1), min(n, c + int(r / s) + 2))
        for c, r, s, n in zip(centre, reach_mm, host.spacing_zyx_mm, host.hu.shape, strict=True)
    )
    return z, y, x


def _raise(field: Real, box: tuple[slice, slice, slice], values: Real) -> None:
    np.maximum(field[box], values, out=field[box])


def _put_solid(fields: Fields, box: tuple[slice, slice, slice], share: Real, hu: float) -> None:
    more = share > fields.solid[box]
    fields.solid_hu[box][more] = hu
    _raise(fields.solid, box, share)


def labels_of(host: Host, fields: Fields) -> LabelArray:
    """Return 3 ground-glass, 4 consolidation, 0 elsewhere, by the rule for soft borders; inside the lungs only."""
    inside = (host.lungs > 0) & ~host.airways
    out = np.zeros(host.lungs.shape, np.uint8)
    out[inside & (fields.border >= 1)] = 3
    out[inside & (fields.solid >= SOLID_FROM)] = 4
    return out
