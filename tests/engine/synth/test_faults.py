"""Each fault does what it says and nothing else."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.geometry.grid import Grid
from engine.synth import faults

GRID = Grid((6, 8, 10), (2.5, 0.7, 0.9), (-20.0, 14.0, 300.0))


@pytest.fixture
def stack():
    hu = np.random.default_rng(1).integers(-1000, 400, GRID.shape_zyx).astype(np.int16)
    return faults.stack_of(hu, GRID)


def _heights(stack):
    return stack.positions_lps[:, 2]


def test_a_stack_lies_where_its_volume_lies(stack):
    np.testing.assert_allclose(_heights(stack), 300 + 2.5 * np.arange(6))


def test_a_missing_slice_leaves_a_gap(stack):
    gaps = np.diff(_heights(faults.missing_slice(stack, 3)))
    np.testing.assert_allclose(gaps, [2.5, 2.5, 5.0, 2.5])
    with pytest.raises(InputError):
        faults.missing_slice(stack, 0)


def test_a_doubled_slice_stands_twice_at_one_place(stack):
    double = faults.doubled_slice(stack, 2)
    assert (np.diff(_heights(double)) == 0).sum() == 1
    np.testing.assert_array_equal(double.hu[2], double.hu[3])


def test_shuffled_slices_keep_their_positions(stack):
    mixed = faults.shuffled(stack, np.random.default_rng(2))
    order = np.argsort(_heights(mixed))
    np.testing.assert_array_equal(mixed.hu[order], stack.hu)


def test_a_tilted_gantry_shifts_slices_in_their_plane(stack):
    moved = faults.gantry_tilt(stack, 20).positions_lps - stack.positions_lps
    np.testing.assert_allclose(moved[:, 1], np.tan(np.deg2rad(20)) * 2.5 * np.arange(6))
    np.testing.assert_allclose(moved[:, [0, 2]], 0, atol=1e-9)


def test_other_faults(stack):
    jitter = np.diff(_heights(faults.uneven(stack, np.random.default_rng(1), jitter_mm=0.5)))
    assert jitter.std() > 0.05
    assert faults.wrong_thickness(stack, 2.0).thickness_mm == 5.0
    assert faults.padded_field(stack).hu[0, 0, 0] == -2000
    np.testing.assert_array_equal(faults.unscaled(stack).hu, stack.hu + 1024)
    grey = faults.eight_bit(stack).hu
    assert grey.min() >= 0
    assert grey.max() <= 255
