"""A label drawn on a few slices."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.edit.allowed import Allowed
from engine.edit.between_slices import between_slices, sparsest_axis
from engine.geometry.grid import Grid
from tests.support.cases import a_case

GRID = Grid((11, 40, 50), (2.5, 0.8, 1.1))


def disc(centre, radius_mm) -> np.ndarray:
    y, x = np.mgrid[:40, :50]
    return ((y - centre[0]) * 0.8) ** 2 + ((x - centre[1]) * 1.1) ** 2 <= radius_mm**2


def drawn(slices, axis=0) -> np.ndarray:
    """The label map with label 3 on some slices across `axis`."""
    data = np.zeros((11, 40, 50), np.uint8)
    for number, mask in slices.items():
        data[number][mask] = 3
    return np.ascontiguousarray(np.moveaxis(data, 0, axis))


def grid_for(axis) -> Grid:
    order = list(np.insert([1, 2], axis, 0))
    return Grid(tuple(GRID.shape_zyx[a] for a in order), tuple(GRID.spacing_zyx_mm[a] for a in order))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_slices_between_two_discs_are_discs_in_between(axis):
    case = a_case(grid_for(axis), labels=drawn({2: disc((20, 20), 6), 8: disc((20, 20), 12)}, axis))
    assert sparsest_axis(case.labels, 3) == axis
    before = case.labels.data.copy()
    case.history.apply(between_slices(case.labels, case.volume.hu, 3, Allowed()))
    planes = np.moveaxis(case.labels.data, axis, 0) == 3
    areas = planes.sum(axis=(1, 2)) * 0.8 * 1.1
    for k in range(2, 9):
        assert areas[k] == pytest.approx(np.pi * (6 + (k - 2)) ** 2, rel=0.08)
    assert not planes[[0, 1, 9, 10]].any()
    for k in (2, 8):
        assert (planes[k] == (np.moveaxis(before, axis, 0)[k] == 3)).all()


def test_contours_that_do_not_overlap_travel_on_a_straight_line():
    case = a_case(GRID, labels=drawn({1: disc((8, 8), 4), 9: disc((30, 40), 4)}))
    case.history.apply(between_slices(case.labels, case.volume.hu, 3, Allowed()))
    for k in range(1, 10):
        plane = case.labels.data[k] == 3
        share = (k - 1) / 8
        assert np.argwhere(plane).mean(axis=0) == pytest.approx((8 + 22 * share, 8 + 32 * share), abs=0.6)
        assert plane.sum() * 0.88 == pytest.approx(np.pi * 16, rel=0.25)


def test_every_gap_is_filled_and_locks_are_kept():
    data = drawn({0: disc((20, 20), 6), 3: disc((20, 22), 6), 4: disc((20, 22), 6), 10: disc((20, 20), 8)})
    data[5:8, :, 25:] = 1
    case = a_case(GRID, labels=data)
    case.history.apply(between_slices(case.labels, case.volume.hu, 3, Allowed(locked=frozenset({1})), axis=0))
    assert (case.labels.data == 3).any(axis=(1, 2)).all()
    assert ((case.labels.data == 1) == (data == 1)).all()


@pytest.mark.parametrize("slices", [{}, {4: disc((20, 20), 6)}, {4: disc((20, 20), 6), 5: disc((20, 20), 6)}])
def test_without_a_gap_there_is_nothing_to_fill(slices):
    case = a_case(GRID, labels=drawn(slices))
    for axis in (None, 0):
        with pytest.raises(InputError, match="nothing to fill in"):
            between_slices(case.labels, case.volume.hu, 3, Allowed(), axis=axis)
