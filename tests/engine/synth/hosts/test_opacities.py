"""Shape and labels of single opacities."""

from dataclasses import replace

import numpy as np
import pytest

from engine.synth.hosts.opacities import Fields, Textures, labels_of, render, septa
from engine.synth.hosts.plan import Patch, Plan


@pytest.fixture(scope="module")
def textures(host):
    return Textures.draw(host, np.random.default_rng(3))


@pytest.fixture(scope="module")
def centre(host):
    """Return the deepest voxel of the right lung."""
    depth = np.where(host.lungs == 1, host.depth_mm, 0)
    return tuple(int(v) for v in np.unravel_index(depth.argmax(), depth.shape))


def _patch(centre, **more):
    return Patch(centre, (20.0, 20.0, 20.0), haze_hu=300.0, softness=0.05, ragged=0.0, **more)


def test_a_smooth_patch_is_the_ellipsoid_it_was_drawn_as(host, textures, centre):
    fields = render(host, Plan("few", (_patch(centre),)), textures, np.random.default_rng(0))
    found = labels_of(host, fields) == 3
    index = np.argwhere(host.lungs == 1)
    away = np.linalg.norm((index - centre) * host.spacing_zyx_mm, axis=1)
    truth = np.zeros(host.hu.shape, bool)
    truth[tuple(index[away < 20].T)] = True
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.9


def test_it_stays_in_its_own_lung(host, textures):
    near_middle = np.argwhere(host.lungs == 1)
    centre = tuple(int(v) for v in near_middle[near_middle[:, 2].argmax()])
    fields = render(host, Plan("few", (_patch(centre),)), textures, np.random.default_rng(0))
    assert not fields.haze[host.lungs != 1].any()


def test_a_ring_is_solid_around_and_not_within(host, textures, centre):
    plan = Plan("few", (_patch(centre, core=1.0, core_hu=-20.0, ring=True),))
    fields = render(host, plan, textures, np.random.default_rng(0))
    assert fields.solid[centre] < 0.05
    assert fields.solid.max() > 0.8


def test_bronchi_are_open_inside_a_core(host, textures, centre):
    plan = Plan("solid", (_patch(centre, core=0.9, bronchi=4),))
    fields = render(host, plan, textures, np.random.default_rng(0))
    assert (fields.air > 0.2).sum() > 10


def test_labels_follow_the_rule_for_soft_borders(host):
    shape = host.hu.shape
    zero = np.zeros(shape, np.float32)
    rng = np.random.default_rng(1)
    border, solid = rng.uniform(0, 2, shape).astype(np.float32), rng.uniform(0, 0.6, shape).astype(np.float32)
    found = labels_of(host, Fields(zero, border, solid, zero, zero))
    for z, y, x in rng.integers(0, shape, (400, 3)):
        truth = 0
        if host.lungs[z, y, x] and not host.airways[z, y, x]:
            truth = 4 if solid[z, y, x] >= 0.45 else 3 if border[z, y, x] >= 1 else 0
        assert found[z, y, x] == truth


@pytest.mark.parametrize(("haze_hu", "from_hu"), [(80.0, 40.0), (160.0, 80.0), (400.0, 100.0)])
def test_a_faint_lesion_is_labelled_to_half_its_strength_and_a_dense_one_to_a_hundred_hu(
    host, textures, centre, haze_hu, from_hu
):
    patch = replace(_patch(centre), haze_hu=haze_hu, ragged=0.0)
    still = replace(textures, fine=np.zeros_like(textures.fine))  # the haze itself, without its grain
    fields = render(host, Plan("few", (patch,)), still, np.random.default_rng(0))
    found = labels_of(host, fields) == 3
    inside = (host.lungs == host.lungs[centre]) & ~host.airways
    assert found.sum() > 50
    np.testing.assert_array_equal(found, inside & (fields.haze >= np.float32(from_hu)))


def test_septa_are_thin():
    field = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    sheets = septa(field)
    assert sheets.min() == 0
    assert sheets.max() > 0.9
    assert (sheets > 0).mean() < 0.25
