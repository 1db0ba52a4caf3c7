"""Distances against a slow loop, with the package that is quick and without it."""

import sys

import numpy as np
import pytest

from engine.synth.hosts.anatomy import grown
from engine.synth.hosts.distance import distance_mm

SPACING = (2.5, 0.8, 1.1)


@pytest.fixture(params=["edt", "scipy"])
def way(request, monkeypatch):
    if request.param == "scipy":
        monkeypatch.setitem(sys.modules, "edt", None)
    return request.param


def test_it_is_the_distance_to_the_nearest_voxel_outside(way):
    rng = np.random.default_rng(3)
    mask = rng.random((5, 8, 11)) < 0.9
    outside = np.argwhere(~mask) * SPACING
    expected = np.zeros(mask.shape)
    for at in np.argwhere(mask):
        expected[tuple(at)] = np.sqrt(((outside - at * SPACING) ** 2).sum(axis=1)).min()
    found = distance_mm(mask, SPACING)
    assert found.dtype == np.float32
    assert np.allclose(found, expected, atol=1e-4)


def test_the_edge_of_the_array_is_no_border(way):
    mask = np.ones((4, 6, 7), bool)
    mask[0, 0, 0] = False
    assert distance_mm(mask, SPACING)[-1, -1, -1] == pytest.approx(np.linalg.norm(np.array([3, 5, 6]) * SPACING))


def test_a_mask_that_fills_the_array_has_no_end(way):
    assert np.isinf(distance_mm(np.ones((3, 4, 5), bool), SPACING)).all()


def test_growing_keeps_a_full_mask_full_and_an_empty_one_empty(way):
    full = np.ones((3, 4, 5), bool)
    assert grown(full, SPACING, 3.0).all()
    assert not grown(~full, SPACING, 3.0).any()
