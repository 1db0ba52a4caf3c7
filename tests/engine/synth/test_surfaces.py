"""Anatomy as a radiologist would check it: what lies where, what lies inside what."""

import numpy as np
import pytest

from engine.synth.person import Person
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces


@pytest.fixture(params=[1, 2, 3, 11])
def surfaces(request):
    return Surfaces(Person.draw(np.random.default_rng(request.param)))


def _cloud(surfaces, count=40_000):
    rng = np.random.default_rng(0)
    low, high = [-150, -110, surfaces.bottom_mm], [150, 110, surfaces.height(1.0)]
    return Points.of(rng.uniform(low, high, (count, 3)))


def test_lungs_lie_inside_the_rib_cage_and_the_cage_inside_the_skin(surfaces):
    p = _cloud(surfaces)
    cage = surfaces.cage(p)
    lungs = surfaces.lungs(p) < 0
    assert lungs.sum() > 3000
    assert (cage[lungs] < 1.5).all()
    skin = surfaces.body(p, surfaces.muscle(p, cage))
    assert (skin[lungs] < -8).all()


def test_heart_and_spine_are_no_lung(surfaces):
    p = _cloud(surfaces)
    lungs = surfaces.lungs(p)
    assert (lungs[surfaces.heart(p) < -1] > -1e-3).all()
    z = np.linspace(0, surfaces.height(0.9), 30, dtype=np.float32)
    middle = Points(np.zeros_like(z), surfaces.spine_y(z), z)
    assert (surfaces.lungs(middle) > 3).all()


def test_the_right_lung_is_the_larger_one(surfaces):
    p = _cloud(surfaces, 120_000)
    lungs = surfaces.lungs(p) < 0
    right, left = int((lungs & (p.x < 0)).sum()), int((lungs & (p.x > 0)).sum())
    assert right > 0.92 * left


def test_the_right_dome_is_the_higher_one(surfaces):
    z = np.linspace(surfaces.bottom_mm, 30, 400, dtype=np.float32)
    x = np.full_like(z, 62 * surfaces.person.width)
    y = np.full_like(z, -18 * surfaces.person.depth)
    tops = [z[surfaces.diaphragm(Points(side * x, y, z)) < 0].min() for side in (-1, 1)]
    assert tops[0] > tops[1]


def test_lung_volumes_are_those_of_people(surfaces):
    p = _cloud(surfaces, 100_000)
    box_ml = 300 * 220 * (surfaces.height(1.0) - surfaces.bottom_mm) / 1000
    litres = float((surfaces.lungs(p) < 0).mean()) * box_ml / 1000
    assert 1.8 < litres < 8.5
