"""Ribs, breastbone, collarbones, shoulder blades and the great tubes of the mediastinum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import FloatArray
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces
from engine.synth.tubes import Tubes, along, curve

_RIBS = 11
_CARTILAGE_FROM = 0.80
"""Share of a rib's arc at which bone gives way to cartilage."""


@dataclass(frozen=True)
class Skeleton:
    """Tubes of bone and cartilage outside the lungs."""

    bone: Tubes
    cartilage: Tubes


@dataclass(frozen=True)
class GreatTubes:
    """Tubes between the lungs; blood vessels, gullet, windpipe with main bronchi."""

    blood: Tubes
    gullet: Tubes
    airway: Tubes
    hilum_right: FloatArray
    hilum_left: FloatArray


def ribs(surfaces: Surfaces, rng: np.random.Generator) -> Skeleton:
    """Return eleven pairs of ribs with their cartilage, collarbones and shoulder blades."""
    bone: list[Tubes] = []
    cartilage: list[Tubes] = []
    spacing = 0.94 / _RIBS
    for number in range(_RIBS):
        head = 1.06 - number * spacing * 1.02
        drop = 0.12 + 0.30 * min(1.0, number / 5)
        for side in (-1, 1):
            line = _rib_line(surfaces, head, drop, side, full=number < 9, wobble=float(rng.normal(0, 0.008)))
            radius = 3.1 + 0.4 * float(rng.random())
            split = int(len(line) * _CARTILAGE_FROM) if number > 0 else len(line)
            for shift in (-2.6, 0.0, 2.6):
                moved = line + np.array([0, 0, shift])
                bony = moved[: split + 1]
                bone.append(along(bony, np.full(len(bony), radius)))
                if number < 9 and split < len(line) - 1:
                    rest = moved[split:]
                    cartilage.append(along(rest, np.full(len(rest), radius + 0.6)))
    bone += _shoulders(surfaces)
    return Skeleton(Tubes.join(bone), Tubes.join(cartilage))


def _rib_line(surfaces: Surfaces, head: float, drop: float, side: int, *, full: bool, wobble: float) -> FloatArray:
    """Follow the cage from the spine round to the front, sinking as ribs do."""
    share = np.linspace(0, 1, 48)
    end = np.deg2rad(168 if full else 120)
    angle = np.deg2rad(14) + share * (end - np.deg2rad(14))
    sink = drop * np.sin(share * np.pi * 0.62) / np.sin(np.pi * 0.5)
    z = surfaces.height(1.0) + (head + wobble - 1.0 - sink) * (surfaces.height(1.0) - surfaces.bottom_mm)
    x = np.sin(angle) * 10.0
    y = np.cos(angle) * 10.0
    out = 5.0
    for _ in range(14):  # march outwards along the ray until `out` mm outside the cage
        gap = surfaces.cage(Points.of(np.stack([side * x, y, z], axis=1)))
        scale = 1 + np.clip((out - gap), -20, 20) / np.maximum(np.hypot(x, y), 10)
        x, y = x * scale, y * scale
    return np.stack([side * x, y, z], axis=1)


def _shoulders(surfaces: Surfaces) -> list[Tubes]:
    parts: list[Tubes] = []
    width = surfaces.person.width
    top = surfaces.height(0.97)
    for side in (-1, 1):
        collar = np.array([[side * 18, -52, top - 8], [side * 55, -58, top + 4], [side * 100, -22, top + 16]])
        parts.append(curve(collar, np.full(3, 5.5)))
        blade = [
            np.array(
                [
                    [side * (118 - 8 * k) * width, 20 + 9.5 * k, top - 4 - 2 * k],
                    [side * (122 - 9 * k) * width, 28 + 9.0 * k, top - 60 - 4 * k],
                    [side * (112 - 5 * k) * width, 40 + 6.5 * k, top - 112 + 4 * k],
                ]
            )
            for k in np.arange(0, 6.6, 0.4)
        ]
        parts += [_outside(surfaces, curve(line, np.full(3, 2.4)), 13.0) for line in blade]
        spine = np.array(
            [[side * 70 * width, 92, top - 28], [side * 108 * width, 62, top - 8], [side * 138 * width, 24, top + 6]]
        )
        parts.append(_outside(surfaces, curve(spine, np.array([3.5, 5.0, 7.0])), 17.0))
    return parts


def _outside(surfaces: Surfaces, tubes: Tubes, least_mm: float) -> Tubes:
    """Return tubes pushed outwards where they come nearer to the rib cage than `least_mm`."""
    points = tubes.points.copy()
    for _ in range(8):
        short = np.clip(least_mm - surfaces.cage(Points.of(points)), 0, 20)
        away = np.hypot(points[:, 0], points[:, 1])
        points[:, :2] *= (1 + short / np.maximum(away, 10))[:, None]
    return Tubes(points, tubes.radii_mm)


def great_tubes(surfaces: Surfaces, rng: np.random.Generator) -> GreatTubes:
    """Return the aorta, the other great vessels, the gullet and the windpipe to the hila."""
    person = surfaces.person
    h = surfaces.height
    hz = surfaces.heart_z
    a = person.aorta_mm
    carina = np.array([2.0, 2.0, h(0.60)])
    hilum_right = np.array([-38.0 * person.width, 4.0, h(0.50)])
    hilum_left = np.array([42.0 * person.width, 8.0, h(0.53)])
    into_right, into_left = hilum_right + np.array([4, -4, 4]), hilum_left + np.array([-2, 2, 6])
    back = [np.array([24.0, float(surfaces.spine_y(h(t))) - 16.0, h(t)]) for t in (0.62, 0.5, 0.3, 0.1, -0.15, -0.3)]
    aorta = np.stack(
        [
            np.array([4.0, -22, hz + 18]),
            np.array([-12.0, -36, h(0.56)]),
            np.array([-4.0, -28, h(0.66)]),
            np.array([10.0, -8, h(0.71)]),
            np.array([22.0, 14, h(0.69)]),
            *back,
        ]
    )
    blood = [
        curve(aorta, np.linspace(a * 1.15, a * 0.85, len(aorta)), count=90),
        curve(
            np.array([[-24, -18, hz + 20], [-25, -22, h(0.62)], [-21, -24, h(0.80)], [-8, -26, h(0.86)]]),
            np.full(4, 8.5),
        ),
        curve(np.array([[-8, -26, h(0.86)], [14, -34, h(0.88)], [32, -26, h(0.98)]]), np.full(3, 6.0)),
        curve(np.array([[-21, -24, h(0.80)], [-26, -20, h(0.92)], [-34, -14, h(1.05)]]), np.full(3, 6.0)),
        curve(np.array([[18, -38, hz + 30], [22, -30, h(0.54)], [16, -14, h(0.57)]]), np.full(3, 13.0)),
        curve(
            np.array([[16, -14, h(0.57)], [-10, -10, h(0.545)], into_right]),
            np.array([12.0, 11, 8]),
        ),
        curve(np.array([[16, -14, h(0.57)], [30, 0, h(0.57)], into_left]), np.array([12.0, 10, 8])),
        curve(np.array([[8, 4, hz + 26], hilum_right + np.array([6, -8, -20])]), np.array([9.0, 6])),
        curve(np.array([[10, 6, hz + 26], hilum_left + np.array([-4, -6, -20])]), np.array([9.0, 6])),
    ]
    for x, end in ((-12.0, -22.0), (2.0, 14.0), (14.0, 30.0)):
        blood.append(curve(np.array([[x, -10, h(0.72)], [x, -6, h(0.85)], [end, -4, h(1.06)]]), np.full(3, 5.0)))
    gullet = np.array([[8.0, float(surfaces.spine_y(h(t))) - 26, h(t)] for t in (1.05, 0.8, 0.6, 0.4, 0.15, -0.1)])
    bend = float(rng.normal(0, 3))
    trachea = np.stack([np.array([bend, -8.0, h(1.12)]), np.array([bend * 0.5, -5.0, h(0.85)]), carina])
    airway = [
        curve(trachea, np.full(3, 8.2)),
        curve(np.stack([carina, carina + np.array([-14, 2, -12]), hilum_right]), np.array([7.2, 6.4, 5.0])),
        curve(np.stack([carina, carina + np.array([20, 3, -11]), hilum_left]), np.array([6.6, 5.6, 4.6])),
    ]
    return GreatTubes(
        Tubes.join(blood), along(gullet, np.full(len(gullet), 7.0)), Tubes.join(airway), hilum_right, hilum_left
    )
