"""Guards: what is odd about a scan is said in a sentence with the measured value."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.predict.guards import check_grid, check_lungs, check_values
from engine.prep.lungs import find_lungs
from tests.support.models import quick_chest


def test_a_usual_chest_gives_no_warning() -> None:
    hu, grid, _ = quick_chest((80, 150, 190), (3.0, 1.6, 1.6), noise_hu=30)
    assert check_values(hu) == []
    assert check_grid(grid) == []
    assert check_lungs(find_lungs(hu, grid), grid) == []


@pytest.mark.parametrize(("low", "high"), [(0, 255), (3, 250)])
def test_eight_bit_pictures_are_refused(low: int, high: int) -> None:
    hu = np.random.default_rng(0).integers(low, high + 1, (4, 40, 40)).astype(np.int16)
    with pytest.raises(InputError, match="8-bit") as told:
        check_values(hu)
    assert told.value.fix


def test_a_constant_volume_is_refused() -> None:
    with pytest.raises(InputError, match="Every voxel has the value -1024"):
        check_values(np.full((4, 40, 40), -1024, np.int16))


def test_a_head_is_no_chest() -> None:
    hu = np.random.default_rng(0).integers(-200, 1200, (10, 60, 60)).astype(np.int16)
    assert "no aerated lung" in check_values(hu)[0]
    grid = Grid(hu.shape, (3.0, 1.5, 1.5))
    assert "No lungs were found" in check_lungs(find_lungs(hu, grid), grid)[0]


def test_thick_slices_are_named_with_their_distance() -> None:
    (told,) = check_grid(Grid((40, 50, 50), (7.5, 0.8, 0.8)))
    assert "7.5 mm" in told


def test_a_single_slice_is_said_to_be_one() -> None:
    (told,) = check_grid(Grid((1, 50, 50), (1.0, 0.8, 0.8)))
    assert "a single slice" in told


def test_lungs_cut_at_either_end_name_the_end() -> None:
    hu, grid, _ = quick_chest((80, 150, 190), (3.0, 1.6, 1.6))
    part = Box((25, 0, 0), (80, 150, 190))
    (told,) = check_lungs(find_lungs(hu[part.slices], grid.crop(part)), grid.crop(part))
    assert "the lowest slice" in told
    assert "uppermost" not in told


def test_hardly_any_air_is_said_with_its_volume() -> None:
    hu, grid, truth = quick_chest((90, 90, 116), (3.0, 3.2, 3.2))
    hu[(truth == 1) | (truth == 4)] = 30  # a white right lung; the left one holds 1.4 l
    (told,) = check_lungs(find_lungs(hu, grid), grid)
    assert "ml of air" in told
