"""Trees fill the lung, taper, and follow their seed."""

import numpy as np
import pytest

from engine.synth.person import Person
from engine.synth.space import Points
from engine.synth.surfaces import Surfaces
from engine.synth.trees import ARTERY, TreeKind, grow, points_in_lung


@pytest.fixture(scope="module")
def surfaces():
    return Surfaces(Person.draw(np.random.default_rng(4)))


@pytest.mark.parametrize("left", [False, True])
def test_points_lie_in_the_lung_asked_for(surfaces, left):
    points = points_in_lung(surfaces, np.random.default_rng(1), 200, left=left, margin_mm=4.0)
    assert points.shape == (200, 3)
    assert ((points[:, 0] > 0) == left).all()
    assert (surfaces.lungs(Points.of(points)) < -4).all()


def test_every_target_is_reached(surfaces):
    rng = np.random.default_rng(2)
    targets = points_in_lung(surfaces, rng, 60, left=True, margin_mm=4.0)
    tree = grow(np.array([40.0, 5.0, 100.0]), np.array([1.0, 0, 0]), targets, ARTERY, rng)
    for target in targets:
        assert np.linalg.norm(tree.points - target, axis=1).min() < 0.6


def test_branches_taper_from_root_to_ends(surfaces):
    rng = np.random.default_rng(2)
    kind = TreeKind(ends=80, end_radius_mm=0.4, root_radius_mm=5.0, exponent=2.4, reach=0.4)
    targets = points_in_lung(surfaces, rng, 80, left=False, margin_mm=4.0)
    root = np.array([-40.0, 5.0, 90.0])
    tree = grow(root, np.array([-1.0, 0, 0]), targets, kind, rng)
    near = tree.radii_mm[np.linalg.norm(tree.points - root, axis=1) < 3]
    assert near.min() > 1.5
    assert tree.radii_mm.max() <= 5.0
    assert tree.radii_mm.min() == pytest.approx(0.32, abs=0.05)


def test_the_same_seed_grows_the_same_tree(surfaces):
    def one():
        rng = np.random.default_rng(9)
        targets = points_in_lung(surfaces, rng, 40, left=True, margin_mm=4.0)
        return grow(np.array([40.0, 5.0, 100.0]), np.array([1.0, 0, 0]), targets, ARTERY, rng)

    np.testing.assert_array_equal(one().points, one().points)
