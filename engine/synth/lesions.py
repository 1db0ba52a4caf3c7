"""What disease adds: ground-glass, consolidation, effusion, and findings that are neither.

A lesion is an ellipsoid near the pleura whose border is moved by two scales of noise and softened by a
logistic edge. Haze is added to the air-filled tissue only, so that vessels stay visible; a consolidated
core replaces it, but not the airways (air bronchogram). Effusion lies in the pleural space at the back,
with a level surface that climbs at the pleura.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import FloatArray, PointLps
from engine.synth.space import Points, Real, ellipsoid
from engine.synth.surfaces import Surfaces
from engine.synth.trees import points_in_lung

HAZE_FROM_HU = 100.0
"""Haze of at least this much is labelled ground-glass."""
CORE_FROM = 0.5
"""A core of at least this share is labelled consolidation."""


@dataclass(frozen=True)
class Lesion:
    """One opacity.

    Args:
        centre: Body frame, mm.
        radii_mm: Half axes before the noise.
        haze_hu: What it adds to aerated lung in its middle.
        softness: Width of its edge, as a share of its radius.
        core: Radius of the consolidated core as a share of the lesion's, 0 for none.
        core_hu: HU of the core.
        paving: Contrast of septal lines inside, HU, 0 for none.
    """

    centre: PointLps
    radii_mm: tuple[float, float, float]
    haze_hu: float
    softness: float
    core: float
    core_hu: float
    paving: float


@dataclass(frozen=True)
class Effusion:
    """Fluid in one pleural space.

    Args:
        left: Side.
        depth_mm: Thickness above the back of the lowest lung.
        fade: How much thinner it gets per mm upwards.
        meniscus_mm: How far it climbs at the pleura.
        hu: Density.
    """

    left: bool
    depth_mm: float
    fade: float
    meniscus_mm: float
    hu: float


@dataclass(frozen=True)
class Nodule:
    """A solid lump that is not labelled: tumour, granuloma."""

    centre: PointLps
    radius_mm: float
    hu: float


@dataclass(frozen=True)
class Disease:
    """All that is not healthy in one chest."""

    lesions: tuple[Lesion, ...] = ()
    effusions: tuple[Effusion, ...] = ()
    nodules: tuple[Nodule, ...] = ()
    bands: tuple[Nodule, ...] = ()
    dependent_hu: float = 0.0

    @classmethod
    def draw(
        cls, surfaces: Surfaces, rng: np.random.Generator, *, lesions: int, consolidation: float, effusions: int
    ) -> Disease:
        """Return random disease.

        Args:
            surfaces: The chest it will lie in.
            rng: Source.
            lesions: Number of opacities.
            consolidation: Share of the opacities that have a solid core.
            effusions: Number of sides with fluid, 0 to 2.
        """
        centres = _centres(surfaces, rng, lesions)
        faint = rng.uniform(0.6, 1.0)
        found = [_lesion(c, rng, solid=bool(rng.random() < consolidation), faint=faint) for c in centres]
        sides = rng.permutation([False, True])[:effusions]
        lumps = [
            Nodule(_point(c), float(rng.uniform(3, 13)), float(rng.uniform(-20, 60)))
            for c in (_centres(surfaces, rng, int(rng.integers(1, 4))) if rng.random() < 0.25 else [])
        ]
        plates = [
            Nodule(_point(c), float(rng.uniform(14, 34)), float(rng.uniform(150, 600)))
            for c in (_centres(surfaces, rng, int(rng.integers(1, 4))) if rng.random() < 0.3 else [])
        ]
        return cls(
            lesions=tuple(found),
            effusions=tuple(_effusion(bool(left), rng) for left in sides),
            nodules=tuple(lumps),
            bands=tuple(plates),
            dependent_hu=float(rng.uniform(20, 110)) if rng.random() < 0.5 else 0.0,
        )


def _point(centre: FloatArray) -> PointLps:
    x, y, z = (float(v) for v in centre)
    return x, y, z


def _lesion(centre: FloatArray, rng: np.random.Generator, *, solid: bool, faint: float) -> Lesion:
    size = float(np.exp(rng.uniform(np.log(7), np.log(44))))
    stretch = np.exp(rng.normal(0, 0.28, 3))
    x, y, z = (float(v) for v in size * stretch)
    return Lesion(
        centre=_point(centre),
        radii_mm=(x, y, z),
        haze_hu=float(rng.uniform(170, 520)) * faint,
        softness=float(rng.uniform(0.05, 0.16)),
        core=float(rng.uniform(0.45, 0.95)) if solid else 0.0,
        core_hu=float(rng.uniform(-110, 50)),
        paving=float(rng.uniform(40, 160)) if rng.random() < 0.4 else 0.0,
    )


def _effusion(left: bool, rng: np.random.Generator) -> Effusion:  # noqa: FBT001 - the side is the whole point
    return Effusion(
        left=left,
        depth_mm=float(rng.uniform(12, 62)),
        fade=float(rng.uniform(0.10, 0.45)),
        meniscus_mm=float(rng.uniform(4, 14)),
        hu=float(rng.uniform(-5, 26)),
    )


def _centres(surfaces: Surfaces, rng: np.random.Generator, count: int) -> FloatArray:
    """Draw centres near the pleura, rather at the back and rather low."""
    if count == 0:
        return np.zeros((0, 3))
    pool = np.concatenate([points_in_lung(surfaces, rng, 300, left=side, margin_mm=2.0) for side in (False, True)])
    depth = -surfaces.lungs(Points.of(pool)).astype(np.float64)
    level = surfaces.level(pool[:, 2]).astype(np.float64)
    falloff, back, low = rng.uniform(6, 25), rng.uniform(-0.2, 1.4), rng.uniform(-0.3, 1.3)
    weight = np.exp(-depth / falloff + back * pool[:, 1] / 60 - low * (level - 0.4) * 2)
    return pool[rng.choice(len(pool), size=count, replace=False, p=weight / weight.sum())]


def opacity(lesion: Lesion, p: Points, wide: Real, narrow: Real) -> tuple[Real, Real]:
    """Return haze (HU added) and core (0 … 1) of one lesion on the points `p`.

    Args:
        lesion: What to draw.
        p: Points around it.
        wide: Noise of 10 to 20 mm on those points.
        narrow: Noise of 4 to 6 mm on those points.
    """
    x, y, z = lesion.centre
    rx, ry, rz = lesion.radii_mm
    radius = np.sqrt(((p.x - x) / rx) ** 2 + ((p.y - y) / ry) ** 2 + ((p.z - z) / rz) ** 2)
    radius = radius + np.float32(0.24) * wide + np.float32(0.12) * narrow
    share = 1 / (1 + np.exp(np.clip((radius - 1) / np.float32(lesion.softness), -30, 30)))
    core = np.zeros_like(share)
    if lesion.core:
        core = 1 / (1 + np.exp(np.clip((radius / np.float32(lesion.core) - 1) / np.float32(0.06), -30, 30)))
    return share * np.float32(lesion.haze_hu), core


def fluid(effusion: Effusion, surfaces: Surfaces, p: Points, lungs: Real) -> Real:
    """Return the distance (mm, negative inside) to the surface of an effusion, within the pleural space.

    Args:
        effusion: Side and amount.
        surfaces: The chest.
        p: Points in the body frame; the patient lies on the back, so +y is down.
        lungs: Distance to the pleura on those points.
    """
    up = np.maximum(p.z - surfaces.bottom_mm, 0)
    level = surfaces.person.depth * 88 - effusion.depth_mm + effusion.fade * up
    climb = effusion.meniscus_mm * np.exp(np.minimum(lungs, 0) * np.float32(1 / 9))
    above = level - climb - p.y
    side = p.x if effusion.left else -p.x
    return np.maximum(np.maximum(above, lungs), -side)


def lump(nodule: Nodule, p: Points, narrow: Real) -> Real:
    """Return the distance to the border of a nodule, made knobbly by `narrow`."""
    x, y, z = nodule.centre
    r = nodule.radius_mm
    return ellipsoid(p.x - x, p.y - y, p.z - z, (r, r, r)) + np.float32(0.14 * r) * narrow


def plate(band: Nodule, p: Points, wide: Real) -> Real:
    """Return HU added by a band of collapsed lung: a thin, slightly bent, slanting disc."""
    x, y, z = band.centre
    dx, dy = p.x - x, p.y - y
    sheet = p.z - z - 0.25 * dy - 0.15 * dx + 2.0 * wide
    radius = np.sqrt(dx * dx + dy * dy) / np.float32(band.radius_mm)
    return np.float32(band.hu) * np.exp(-((sheet / 1.6) ** 2)) * np.clip(1.6 - 1.5 * radius, 0, 1)
