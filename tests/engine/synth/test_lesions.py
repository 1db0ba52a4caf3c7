"""Disease: near the pleura, at the back, with fluid that is level and lies low."""

import numpy as np
import pytest

from engine.synth.lesions import CORE_FROM, HAZE_FROM_HU, Disease, Effusion, Lesion, Nodule, fluid, lump, opacity, plate
from engine.synth.person import Person
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces


@pytest.fixture(scope="module")
def surfaces():
    return Surfaces(Person.draw(np.random.default_rng(4)))


def _draw(surfaces, seed, **how):
    plan = {"lesions": 6, "consolidation": 0.5, "effusions": 1} | how
    return Disease.draw(surfaces, np.random.default_rng(seed), **plan)


def test_disease_follows_its_seed_and_its_plan(surfaces):
    assert _draw(surfaces, 3) == _draw(surfaces, 3)
    assert len(_draw(surfaces, 3).lesions) == 6
    assert len(_draw(surfaces, 3, effusions=2).effusions) == 2
    assert not _draw(surfaces, 3, lesions=0).lesions
    assert all(lesion.core == 0 for lesion in _draw(surfaces, 3, consolidation=0.0).lesions)


def test_lesions_lie_in_the_lungs_and_prefer_the_pleura(surfaces):
    centres = np.array([lesion.centre for seed in range(12) for lesion in _draw(surfaces, seed).lesions])
    depth = -surfaces.lungs(Points.of(centres))
    assert (depth > 0).all()
    assert np.median(depth) < 20


def _ball(core=0.0):
    return Lesion((10.0, 5.0, 80.0), (20.0, 12.0, 16.0), 300.0, 0.08, core, 20.0, 0.0)


def test_haze_is_full_in_the_middle_and_gone_outside():
    p = Points.of(np.array([[10.0, 5.0, 80.0], [10.0, 5.0, 80.0 + 40], [10 + 19.0, 5, 80]]))
    none = np.zeros(3, np.float32)
    haze, core = opacity(_ball(), p, none, none)
    assert haze[0] == pytest.approx(300, rel=0.01)
    assert haze[1] < 1
    assert haze[2] > HAZE_FROM_HU
    assert core.max() == 0


def test_a_core_lies_inside_its_haze():
    rng = np.random.default_rng(1)
    p = Points.of(rng.uniform(-30, 30, (2000, 3)) + np.array([10, 5, 80]))
    wide, narrow = (rng.standard_normal(2000).astype(np.float32) for _ in range(2))
    haze, core = opacity(_ball(core=0.7), p, wide, narrow)
    solid = core >= CORE_FROM
    assert solid.any()
    assert (haze[solid] >= HAZE_FROM_HU).all()


def test_fluid_lies_at_the_back_of_its_side_within_the_pleura(surfaces):
    rng = np.random.default_rng(2)
    p = Points.of(rng.uniform([-140, -100, surfaces.bottom_mm], [140, 100, surfaces.height(0.8)], (60_000, 3)))
    lungs = surfaces.lungs(p)
    wet = fluid(Effusion(True, 50.0, 0.25, 8.0, 10.0), surfaces, p, lungs) < 0
    assert wet.any()
    assert (p.x[wet] > 0).all()
    assert (lungs[wet] < 0).all()
    dry = (lungs < 0) & ~wet & (p.x > 0)
    assert p.y[wet].mean() > p.y[dry].mean() + 40


def test_the_surface_of_fluid_is_level_away_from_the_pleura(surfaces):
    effusion = Effusion(False, 60.0, 0.0, 6.0, 10.0)
    x = np.linspace(-80, -50, 7, dtype=np.float32)
    y = np.linspace(0, 80, 321, dtype=np.float32)
    z = np.float32(surfaces.height(0.35))
    tops = []
    for one in x:
        p = Points(np.full_like(y, one), y, np.full_like(y, z))
        deep = np.full_like(y, -60.0)  # far from the pleura
        tops.append(y[fluid(effusion, surfaces, p, deep) < 0].min())
    assert max(tops) - min(tops) < 0.3


def test_lumps_and_bands_are_local():
    none = np.zeros(2, np.float32)
    p = Points.of(np.array([[0.0, 0.0, 0.0], [60.0, 0.0, 0.0]]))
    ball = Nodule((0.0, 0.0, 0.0), 8.0, 30.0)
    assert lump(ball, p, none)[0] < 0 < lump(ball, p, none)[1]
    band = plate(Nodule((0.0, 0.0, 0.0), 20.0, 400.0), p, none)
    assert band[0] == pytest.approx(400)
    assert band[1] == 0
