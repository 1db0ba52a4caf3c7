"""Where fluid gathers."""

import numpy as np
import pytest

from engine.synth.hosts.plan import Fluid
from engine.synth.hosts.pleural import layer


def _fluid(**changes):
    values = {"side": 2, "thickness_mm": 30.0, "height_mm": 80.0, "fall": 0.4, "level": 0.0, "hu": 10.0}
    return Fluid(**(values | {"atelectasis_mm": 8.0} | changes))


@pytest.fixture
def flat(host):
    return np.zeros(host.hu.shape, np.float32)


@pytest.mark.parametrize("level", [0.0, 0.8])
def test_it_lies_at_the_wall_of_one_side_and_at_the_back(host, flat, level):
    found = layer(host, _fluid(level=level), flat)
    assert found.fluid.any()
    assert (host.lungs[found.fluid] == 2).all()
    lung = np.argwhere(host.lungs == 2)
    assert np.argwhere(found.fluid)[:, 1].min() > lung[:, 1].max() - 80 / host.spacing_zyx_mm[1] - 1


def test_a_crescent_is_no_thicker_than_drawn(host, flat):
    found = layer(host, _fluid(), flat)
    assert host.depth_mm[found.fluid].max() <= 30.0


def test_there_is_less_of_it_towards_the_head(host, flat):
    per_slice = layer(host, _fluid(), flat).fluid.sum(axis=(1, 2))
    lung = np.flatnonzero((host.lungs == 2).any(axis=(1, 2)))
    lower, upper = per_slice[lung[: len(lung) // 2]].sum(), per_slice[lung[len(lung) // 2 :]].sum()
    assert lower > 2 * upper


def test_airless_lung_lies_beside_it_and_is_not_it(host, flat):
    found = layer(host, _fluid(), flat)
    assert found.airless.any()
    assert not (found.airless & found.fluid).any()
    assert not layer(host, _fluid(atelectasis_mm=0.0), flat).airless.any()
