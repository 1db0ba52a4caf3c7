"""What is found of a host, against the synthetic chest's own truth."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.geometry.grid import Grid
from engine.synth.hosts.anatomy import host_of


def _dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_both_lungs_are_found_each_on_its_side(chest, host):
    for side in (1, 2):
        assert _dice(host.lungs == side, chest.lungs == side) > 0.95


def test_airways_are_no_lung(host):
    assert host.airways.any()
    assert not (host.airways & (host.lungs > 0)).any()


def test_the_noise_is_measured_within_a_third(chest, host):
    # the scanner's own figure, before its blur of the edges; the measured one is what noise() gives back
    told = chest.parameters["scanner"]["noise_hu"]
    assert host.noise_hu == pytest.approx(told, rel=0.34)
    again = host.noise(np.random.default_rng(0), (4, 60, 70))
    assert float(again.std()) == pytest.approx(host.noise_hu, rel=0.05)


def test_another_storage_order_gives_the_same_host(chest, host):
    turned = np.ascontiguousarray(chest.hu[::-1, :, ::-1])
    grid = chest.grid
    nz, _, nx = grid.shape_zyx
    origin = grid.to_lps(np.array([nz - 1, 0, nx - 1]))
    rows = [tuple(float(v) * s for v in row) for row, s in zip(grid.direction, (-1, 1, -1), strict=True)]
    flipped = Grid(grid.shape_zyx, grid.spacing_zyx_mm, tuple(float(v) for v in origin), tuple(rows))
    again = host_of(turned, flipped, "turned")
    assert np.array_equal(again.hu, host.hu)
    assert np.array_equal(again.lungs, host.lungs)
    assert again.grid.matches(host.grid)


def test_a_scan_without_lung_is_refused():
    grid = Grid((30, 60, 60), (4.0, 3.0, 3.0), (0.0, 0.0, 0.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))
    with pytest.raises(InputError, match="ml of lung"):
        host_of(np.full((30, 60, 60), 30, np.int16), grid, "block")
