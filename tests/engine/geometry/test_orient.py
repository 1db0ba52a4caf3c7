"""The turn to the canonical order: all 48 orientations, exact both ways, for oblique grids too."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given

from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation, letters
from engine.geometry.points import as_direction
from tests.engine.geometry.test_grid import grids
from tests.support.grids import turned

ALL_48 = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]
SHAPE, SPACING, ORIGIN = (3, 4, 5), (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0)
CANONICAL_ROWS = np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]])


def grid_of(order, signs, tilt=(0, 0, 0)) -> Grid:
    rows = turned(tilt)[list(order)] * np.array(signs)[:, None]
    return Grid(SHAPE, SPACING, ORIGIN, as_direction(rows))


@pytest.mark.parametrize("tilt", [(0, 0, 0), (8, -5, 11), (-20, 15, 30)])
@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_every_orientation_turns_to_head_back_left_and_back_again(order, signs, tilt):
    grid = grid_of(order, signs, tilt)
    turn = Orientation.of(grid)
    array = np.arange(60, dtype=np.int16).reshape(SHAPE)
    canonical, there = turn.apply(array), turn.grid(grid)
    # The axes point the right way: each row is nearest to its own canonical direction.
    rows = np.array(there.direction)
    assert (np.abs(rows @ CANONICAL_ROWS.T).argmax(axis=1) == [0, 1, 2]).all()
    assert (np.diag(rows @ CANONICAL_ROWS.T) > 0.5).all()
    # Every voxel keeps its place in the patient.
    assert canonical.shape == there.shape_zyx
    for index in np.ndindex(there.shape_zyx):
        own = grid.voxel_at(there.to_lps(index))
        assert array[own] == canonical[index]
    # There and back is exact, and nothing was copied.
    assert (turn.invert(canonical) == array).all()
    assert np.shares_memory(canonical, array)
    assert np.shares_memory(turn.invert(canonical), array)


@pytest.mark.parametrize(("order", "signs"), ALL_48)
def test_indices_follow_the_arrays(order, signs):
    grid = grid_of(order, signs, (4, 3, -6))
    turn = Orientation.of(grid)
    there = turn.grid(grid)
    index = np.random.default_rng(0).uniform(-1, 6, (7, 3))
    canonical = turn.index_to_canonical(index, SHAPE)
    assert there.to_lps(canonical) == pytest.approx(grid.to_lps(index), abs=1e-9)
    assert turn.index_from_canonical(canonical, SHAPE) == pytest.approx(index)
    assert turn.index_to_canonical((1, 2, 3), SHAPE).shape == (3,)


def test_the_48_turns_are_all_different_and_one_is_none():
    turns = {Orientation.of(grid_of(order, signs)) for order, signs in ALL_48}
    assert len(turns) == 48
    assert [t.is_identity for t in turns].count(True) == 1
    assert Orientation.of(Grid(SHAPE)).is_identity
    assert not Orientation((0, 1, 2), (True, False, False)).is_identity


@given(grid=grids())
def test_a_canonical_grid_stays_as_it_is(grid):
    there = Orientation.of(grid).grid(grid)
    assert Orientation.of(there).is_identity
    assert Orientation.of(there).grid(there).matches(there, 1e-6)


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ((1, 0, 0), "L"), ((-1, 0, 0), "R"), ((0, 1, 0), "P"), ((0, -1, 0), "A"), ((0, 0, 1), "H"), ((0, 0, -1), "F"),
        ((0.9, -0.4, 0), "LA"), ((-0.4, 0, 0.9), "HR"), ((5, 4, 3), "LPH"), ((0, 0, 0), ""),
        ((np.cos(np.radians(4)), np.sin(np.radians(4)), 0), "L"),
        ((np.cos(np.radians(6)), np.sin(np.radians(6)), 0), "LP"),
    ],
)  # fmt: skip
def test_letters_name_where_a_direction_points(vector, expected):
    assert letters(vector) == expected
