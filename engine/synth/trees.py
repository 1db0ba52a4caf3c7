"""Branching trees that fill a lung: arteries, veins and airways.

Points are strewn in the lung and a tree is grown to them by halving: at every node the points that are
still to be served are cut in two across their longest direction, and a branch runs part of the way
towards each half. Terminal branches end at the points, so the tree fills the lung as evenly as the
points do, tapers by the number of ends it serves (Murray), and never leaves far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import FloatArray
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces
from engine.synth.tubes import Tubes


@dataclass(frozen=True)
class TreeKind:
    """How a tree tapers and branches.

    Args:
        ends: Number of terminal branches in one lung.
        end_radius_mm: Radius of a terminal branch.
        root_radius_mm: Largest radius, at the hilum.
        exponent: Murray's exponent: radius grows as ends ** (1 / exponent).
        reach: Share of the way to the centre of its points that a branch runs.
    """

    ends: int
    end_radius_mm: float
    root_radius_mm: float
    exponent: float
    reach: float


ARTERY = TreeKind(ends=900, end_radius_mm=0.42, root_radius_mm=6.8, exponent=2.45, reach=0.40)
VEIN = TreeKind(ends=700, end_radius_mm=0.45, root_radius_mm=5.5, exponent=2.5, reach=0.44)
AIRWAY = TreeKind(ends=90, end_radius_mm=0.6, root_radius_mm=4.6, exponent=2.2, reach=0.42)


def points_in_lung(
    surfaces: Surfaces, rng: np.random.Generator, count: int, *, left: bool, margin_mm: float
) -> FloatArray:
    """Return `count` random points of one lung, at least `margin_mm` from the pleura, (n, 3) body frame."""
    person = surfaces.person
    low = np.array([3.0, -100 * person.depth, surfaces.bottom_mm])
    high = np.array([140 * person.width, 105 * person.depth, surfaces.height(1.0)])
    found: list[FloatArray] = []
    missing = count
    while missing > 0:
        trial = rng.uniform(low, high, size=(max(400, missing * 5), 3))
        if not left:
            trial[:, 0] *= -1
        inside = trial[surfaces.lungs(Points.of(trial)) < -margin_mm][:missing]
        found.append(inside)
        missing -= len(inside)
    return np.concatenate(found)


def grow(root: FloatArray, heading: FloatArray, targets: FloatArray, kind: TreeKind, rng: np.random.Generator) -> Tubes:
    """Grow a tree from `root` to all `targets`.

    Args:
        root: (3,) where it enters the lung.
        heading: (3,) unit vector in which it enters.
        targets: (n, 3) where its ends lie.
        kind: Taper and shape.
        rng: Source of the variation.

    Returns:
        Samples of all branches, body frame.
    """
    parts: list[Tubes] = []
    stack = [(root, heading, targets, _radius(len(targets), kind))]
    while stack:
        start, direction, points, radius = stack.pop()
        last = len(points) == 1
        centre = points.mean(axis=0)
        reach = 1.0 if last else kind.reach * rng.uniform(0.75, 1.25)
        end = start + reach * (centre - start)
        length = float(np.linalg.norm(end - start))
        if length < 1e-3:
            continue
        control = start + direction * length * 0.45
        near = radius * 0.8 if last else _radius(len(points), kind)
        t = np.linspace(0, 1, max(3, int(1.1 * length / max(0.45, 0.3 * near))))[:, None]
        bend = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
        parts.append(Tubes(bend, radius + (near - radius) * t[:, 0]))
        if last:
            continue
        onward = (end - control) / max(float(np.linalg.norm(end - control)), 1e-6)
        stack.extend((end, onward, half, _radius(len(half), kind)) for half in _halves(points, rng))
    return Tubes.join(parts)


def _radius(ends: int, kind: TreeKind) -> float:
    return min(kind.root_radius_mm, kind.end_radius_mm * ends ** (1 / kind.exponent))


def _halves(points: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    offset = points - points.mean(axis=0)
    axis = np.linalg.eigh(offset.T @ offset)[1][:, -1]
    order = np.argsort(offset @ axis)
    cut = int(np.clip(round(len(points) * rng.uniform(0.32, 0.68)), 1, len(points) - 1))
    return points[order[:cut]], points[order[cut:]]
