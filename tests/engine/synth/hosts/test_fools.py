"""What is painted and never labelled."""

import numpy as np
import pytest

from engine.synth.hosts.fools import add_fools, moved
from engine.synth.hosts.opacities import Textures
from engine.synth.hosts.plan import Fools


@pytest.fixture(scope="module")
def textures(host):
    return Textures.draw(host, np.random.default_rng(5))


@pytest.fixture(scope="module")
def centre(host):
    depth = np.where(host.lungs == 2, host.depth_mm, 0)
    return tuple(int(v) for v in np.unravel_index(depth.argmax(), depth.shape))


def _painted(host, fools, textures):
    hu = host.hu.astype(np.float32)
    add_fools(hu, host, fools, textures)
    return hu


def test_nothing_asked_changes_nothing(host, textures):
    assert np.array_equal(_painted(host, Fools(), textures), host.hu)


def test_a_nodule_is_as_dense_and_as_large_as_drawn(host, textures, centre):
    hu = _painted(host, Fools(nodules=((centre, 9.0, 40.0),)), textures)
    assert abs(hu[centre] - 40) < 60
    ml = float((hu - host.hu > 400).sum()) * host.grid.voxel_ml
    assert 0.4 < ml / (4 / 3 * np.pi * 0.9**3) < 2.0


def test_gravity_makes_the_back_denser_than_the_front(host, textures):
    added = _painted(host, Fools(dependent_hu=120.0), textures) - host.hu
    rows = np.argwhere(host.lungs > 0)[:, 1]
    middle = int(np.median(rows))
    inside = host.lungs > 0
    assert added[:, middle:][inside[:, middle:]].mean() > 2 * added[:, :middle][inside[:, :middle]].mean()


def test_scars_lie_under_the_pleura(host, textures):
    added = _painted(host, Fools(fibrosis_hu=300.0, fibrosis_mm=6.0), textures) - host.hu
    near = (host.lungs > 0) & (host.depth_mm < 6)
    assert added[near].mean() > 5 * added[host.depth_mm > 20].mean()
    assert not added[host.lungs == 0].any()


def test_motion_shows_edges_twice_within_its_slices_only(host):
    hu = host.hu.astype(np.float32)
    out = moved(hu, host, Fools(motion_mm=5.0, motion_span=(0.2, 0.4)))
    changed = np.flatnonzero((out != hu).any(axis=(1, 2)))
    rows = np.flatnonzero((host.lungs > 0).any(axis=(1, 2)))
    assert len(changed) == pytest.approx(0.2 * (rows[-1] - rows[0]), abs=1.5)
    step = round(5.0 / host.spacing_zyx_mm[1])
    k = int(changed[0])
    assert np.allclose(out[k, step:], (hu[k, step:] + hu[k, :-step]) / 2)
