"""What is to be painted into a host, drawn from a seed: patterns of disease, and what only looks like it.

The patterns are those of viral pneumonia and its neighbours: few or many patches near the pleura, rather at the
back and rather low; bands along the pleura; one lobe nearly whole; solid areas with air bronchograms; rings
(reversed halo). Sizes are in mm, densities in HU. *Source*: distributions follow what radiologists' reports
of COVID-19 chests describe (peripheral, posterior, lower; patchy to confluent); no scan was measured for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.core.types import FloatArray
from engine.synth.hosts.anatomy import Host

Pattern = Literal["none", "few", "patchy", "confluent", "band", "diffuse", "solid", "mixed"]
PATTERNS: tuple[Pattern, ...] = ("none", "few", "patchy", "confluent", "band", "diffuse", "solid", "mixed")
_FAINTEST_HU, _DENSEST_HU = 75.0, 480.0
"""Haze: experts draw lesions whose median lies 100 to 170 HU above that of the lung around them."""
_SHARES = (0.10, 0.14, 0.24, 0.12, 0.12, 0.06, 0.10, 0.12)


@dataclass(frozen=True)
class Patch:
    """One opacity.

    Args:
        centre_zyx: Voxel of the host.
        radii_mm: Half axes (z, y, x) before its border is moved by noise.
        haze_hu: What it adds to air-filled lung.
        softness: Width of its edge as a share of its radius.
        ragged: How far noise moves its border, as a share of its radius.
        core: Radius of its solid core as a share of its own, 0 for none.
        core_hu: Density of the core.
        ring: A reversed halo: the solid part is a ring at its border.
        paving_hu: Contrast of septal lines inside (crazy paving), 0 for none.
        bronchi: Air bronchograms in the core.
    """

    centre_zyx: tuple[int, int, int]
    radii_mm: tuple[float, float, float]
    haze_hu: float
    softness: float
    ragged: float
    core: float = 0.0
    core_hu: float = 0.0
    ring: bool = False
    paving_hu: float = 0.0
    bronchi: int = 0


@dataclass(frozen=True)
class Band:
    """Haze along the pleura of both lungs.

    Args:
        depth_mm: How deep it goes.
        reach: From which share of the lung's depth backwards (0 front, 1 back) it begins.
        low: Up to which share of the lung's height it goes.
        haze_hu: Density added.
        gaps: Level of noise above which it is interrupted; low is patchy.
        core: Share of its depth at the pleura that is solid, 0 for none.
    """

    depth_mm: float
    reach: float
    low: float
    haze_hu: float
    gaps: float
    core: float = 0.0
    core_hu: float = -40.0


@dataclass(frozen=True)
class Fluid:
    """An effusion on one side: a crescent between lung and wall.

    Args:
        side: 1 right, 2 left.
        thickness_mm: At the back of the lowest lung.
        height_mm: How far it reaches up from the back (towards the front of the patient) there.
        fall: How much lower it stands per mm towards the head.
        level: 0 a crescent as the lung's own pull shapes it, 1 a level surface.
        hu: Density.
        atelectasis_mm: Airless lung beside it.
    """

    side: int
    thickness_mm: float
    height_mm: float
    fall: float
    level: float
    hu: float
    atelectasis_mm: float


@dataclass(frozen=True)
class Fools:
    """What a network must not take for disease; never labelled.

    Args:
        nodules: Centre, radius in mm, HU.
        plates: Centre, radius in mm, HU added: bands of collapsed lung.
        dependent_hu: Density that gravity adds at the back.
        dependent_mm: Depth over which it falls off.
        fibrosis_hu: Contrast of lines under the pleura, 0 for none.
        fibrosis_mm: How deep they go.
        motion_mm: How far the heart and diaphragm are seen twice, 0 for none.
        motion_span: Slices (low, high) as shares of the height that are blurred so.
    """

    nodules: tuple[tuple[tuple[int, int, int], float, float], ...] = ()
    plates: tuple[tuple[tuple[int, int, int], float, float], ...] = ()
    dependent_hu: float = 0.0
    dependent_mm: float = 20.0
    fibrosis_hu: float = 0.0
    fibrosis_mm: float = 10.0
    motion_mm: float = 0.0
    motion_span: tuple[float, float] = (0.0, 0.3)


@dataclass(frozen=True)
class Plan:
    """All that is painted into one host."""

    pattern: Pattern
    patches: tuple[Patch, ...] = ()
    bands: tuple[Band, ...] = ()
    fluids: tuple[Fluid, ...] = ()
    fools: Fools = Fools()
    faint: float = 1.0


def draw_plan(host: Host, rng: np.random.Generator, pattern: Pattern | None = None) -> Plan:
    """Return random disease for a host.

    Args:
        host: Where it will lie.
        rng: Source of every choice.
        pattern: Drawn if None.
    """
    drawn = PATTERNS[int(rng.choice(len(PATTERNS), p=_SHARES))]
    chosen = pattern or drawn
    # Early disease is faint everywhere in a chest, not here and there.
    faint = float(np.exp(rng.uniform(np.log(0.3), 0)))
    places = _Places(host, rng)
    return Plan(
        chosen,
        patches=tuple(_patches(chosen, places, rng, faint)),
        bands=(_band(rng, faint),) if chosen == "band" or (chosen == "mixed" and rng.random() < 0.35) else (),
        fluids=_fluids(host, rng, chosen),
        fools=_fools(places, rng),
        faint=faint,
    )


class _Places:
    """Draws voxels of the lung: near the pleura, rather at the back and rather low, as this chest has it."""

    def __init__(self, host: Host, rng: np.random.Generator) -> None:
        inside = np.flatnonzero(host.lungs.reshape(-1))
        pool = rng.choice(inside, size=min(6000, inside.size), replace=False)
        self._pool: FloatArray = np.stack(np.unravel_index(pool, host.lungs.shape), axis=1).astype(np.float64)
        depth = host.depth_mm.reshape(-1)[pool].astype(np.float64)
        low, high = self._pool.min(axis=0), self._pool.max(axis=0)
        share = (self._pool - low) / np.maximum(high - low, 1)
        falloff, back, down = rng.uniform(5, 28), rng.uniform(-0.3, 2.6), rng.uniform(-0.4, 1.8)
        weight = np.exp(-depth / falloff + back * share[:, 1] - down * share[:, 0])
        self._weight = weight / weight.sum()

    def draw(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Return one voxel."""
        z, y, x = (int(v) for v in self._pool[rng.choice(len(self._pool), p=self._weight)])
        return z, y, x


def _patches(pattern: Pattern, places: _Places, rng: np.random.Generator, faint: float) -> list[Patch]:
    counts = {
        "few": int(rng.integers(1, 4)),
        "patchy": int(rng.integers(4, 15)),
        "confluent": int(rng.integers(2, 6)),
        "diffuse": int(rng.integers(1, 3)),
        "solid": int(rng.integers(1, 5)),
        "mixed": int(rng.integers(3, 12)),
        "band": int(rng.integers(0, 4)),
    }
    sizes = {"few": (5, 26), "confluent": (28, 62), "diffuse": (60, 110), "solid": (12, 55)}
    solid = {"solid": 1.0, "mixed": 0.5, "few": 0.2, "patchy": 0.15, "confluent": 0.3}.get(pattern, 0.0)
    span = sizes.get(pattern, (6, 40))
    return [_patch(places.draw(rng), span, rng, faint, solid=solid) for _ in range(counts.get(pattern, 0))]


def _patch(
    centre: tuple[int, int, int], span: tuple[float, float], rng: np.random.Generator, faint: float, *, solid: float
) -> Patch:
    size = float(np.exp(rng.uniform(np.log(span[0]), np.log(span[1]))))
    z, y, x = (float(v) for v in size * np.exp(rng.normal(0, 0.28, 3)))
    patch = Patch(
        centre,
        (z, y, x),
        haze_hu=_haze(rng, faint),
        softness=float(rng.uniform(0.05, 0.28)),
        ragged=float(rng.uniform(0.12, 0.42)),
        paving_hu=float(rng.uniform(40, 170)) if rng.random() < 0.35 else 0.0,
    )
    if rng.random() < solid:
        return replace(
            patch,
            core=float(rng.uniform(0.4, 1.0)),
            core_hu=float(rng.uniform(-120, 60)),
            ring=bool(rng.random() < 0.12),
            bronchi=int(rng.integers(0, 5)),
        )
    return patch


def _haze(rng: np.random.Generator, faint: float) -> float:
    return _FAINTEST_HU + (_DENSEST_HU - _FAINTEST_HU) * faint * float(rng.random())


def _band(rng: np.random.Generator, faint: float) -> Band:
    return Band(
        depth_mm=float(rng.uniform(6, 34)),
        reach=float(rng.uniform(0.0, 0.7)),
        low=float(rng.uniform(0.3, 1.0)),
        haze_hu=_haze(rng, faint),
        gaps=float(rng.uniform(-0.4, 1.2)),
        core=float(rng.uniform(0.2, 0.7)) if rng.random() < 0.3 else 0.0,
        core_hu=float(rng.uniform(-120, 50)),
    )


def _fluids(host: Host, rng: np.random.Generator, pattern: Pattern) -> tuple[Fluid, ...]:
    wet = rng.random() < (0.45 if pattern in {"none", "solid", "mixed"} else 0.18)
    present = [side for side in (1, 2) if bool((host.lungs == side).any())]
    sides = [int(s) for s in rng.permutation(present)[: 1 + int(rng.random() < 0.4)]]
    if not wet:
        return ()
    return tuple(_fluid(side, rng) for side in sides)


def _fluid(side: int, rng: np.random.Generator) -> Fluid:
    thickness = float(np.exp(rng.uniform(np.log(5), np.log(70))))
    return Fluid(
        side,
        thickness_mm=thickness,
        height_mm=float(rng.uniform(1.2, 3.0)) * thickness + 15,
        fall=float(rng.uniform(0.15, 0.8)),
        level=float(rng.uniform(0.0, 0.8)) if rng.random() < 0.35 else 0.0,
        hu=float(rng.uniform(-4, 28)),
        atelectasis_mm=float(rng.uniform(2, 6) + 0.25 * thickness * rng.random()) if rng.random() < 0.6 else 0.0,
    )


def _fools(places: _Places, rng: np.random.Generator) -> Fools:
    nodules = [
        (places.draw(rng), float(rng.uniform(2.5, 14)), float(rng.uniform(-40, 70)))
        for _ in range(int(rng.integers(1, 5)) if rng.random() < 0.3 else 0)
    ]
    plates = [
        (places.draw(rng), float(rng.uniform(12, 34)), float(rng.uniform(150, 600)))
        for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.3 else 0)
    ]
    start = float(rng.uniform(0, 0.6))
    return Fools(
        tuple(nodules),
        tuple(plates),
        dependent_hu=float(rng.uniform(15, 80)) if rng.random() < 0.5 else 0.0,
        dependent_mm=float(rng.uniform(8, 45)),
        fibrosis_hu=float(rng.uniform(80, 320)) if rng.random() < 0.12 else 0.0,
        fibrosis_mm=float(rng.uniform(4, 16)),
        motion_mm=float(rng.uniform(1.5, 5)) if rng.random() < 0.25 else 0.0,
        motion_span=(start, start + float(rng.uniform(0.15, 0.5))),
    )
