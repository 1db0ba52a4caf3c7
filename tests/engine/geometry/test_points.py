"""Affines against nibabel and ITK."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given

from engine.core.errors import GeometryError
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras, as_direction, grid_from_affine_ras, lps_to_ras
from tests.engine.geometry.test_grid import grids
from tests.support.grids import oblique_grid


@given(grid=grids())
def test_an_affine_maps_xyz_to_ras(grid):
    index = np.array([1.0, 2.0, 3.0])
    left, posterior, superior = grid.to_lps(index)
    assert nib.affines.apply_affine(affine_ras(grid), index[::-1]) == pytest.approx(
        (-left, -posterior, superior), abs=1e-9
    )


@given(grid=grids())
def test_a_grid_comes_back_from_its_affine(grid):
    assert grid_from_affine_ras(affine_ras(grid), grid.shape_zyx).matches(grid, 1e-6)


def test_a_nifti_of_nibabel_says_the_same_orientation():
    grid = Grid((9, 14, 11), (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0))
    assert nib.aff2axcodes(affine_ras(grid)) == ("L", "P", "S")
    head_first = grid_from_affine_ras(np.diag([0.7, 0.7, 5.0, 1.0]), (3, 4, 5))
    assert head_first.direction == ((0, 0, 1), (0, -1, 0), (-1, 0, 0))
    assert head_first.spacing_zyx_mm == (5.0, 0.7, 0.7)


def test_three_rows_are_enough():
    grid = oblique_grid()
    assert grid_from_affine_ras(affine_ras(grid)[:3], grid.shape_zyx).matches(grid)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_affine_that_is_none_is_refused(value):
    affine = np.eye(4)
    affine[1, 3] = value
    with pytest.raises(GeometryError, match="orientation"):
        grid_from_affine_ras(affine, (3, 4, 5))
    with pytest.raises(GeometryError, match="orientation"):
        grid_from_affine_ras(np.diag([1.0, 0, 1, 1]), (3, 4, 5))
    sheared = np.eye(4)
    sheared[0, 1] = 0.2
    with pytest.raises(GeometryError, match="right angles"):
        grid_from_affine_ras(sheared, (3, 4, 5))


def test_lps_to_ras_is_its_own_inverse():
    points = np.random.default_rng(0).normal(size=(4, 3))
    assert (lps_to_ras(points) == points * [-1, -1, 1]).all()
    assert (lps_to_ras(lps_to_ras(points)) == points).all()


def test_rows_become_plain_tuples():
    assert as_direction(np.eye(3)) == ((1, 0, 0), (0, 1, 0), (0, 0, 1))
