"""Cropping: at least one window where the volume has it, at the network's spacing, and the way back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.box import Box
from engine.prep.crop import plan_crop
from tests.support.grids import oblique_grid, smooth_volume

sizes = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))


@given(shape=sizes, patch=sizes, data=st.data())
def test_the_crop_holds_the_box_and_a_window_where_there_is_one(
    shape: tuple[int, int, int], patch: tuple[int, int, int], data: st.DataObject
) -> None:
    start = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, shape, strict=True))
    crop = plan_crop(oblique_grid(shape), Box(start, stop), None, patch)
    for axis in range(3):
        assert 0 <= crop.box.start_zyx[axis] <= start[axis]
        assert stop[axis] <= crop.box.stop_zyx[axis] <= shape[axis]
        assert crop.box.shape[axis] >= min(patch[axis], shape[axis])
        assert crop.box.shape[axis] <= max(patch[axis], stop[axis] - start[axis])


def test_without_a_spacing_the_voxels_are_those_of_the_scan() -> None:
    grid = oblique_grid((9, 14, 11))
    hu = smooth_volume(grid.shape_zyx)
    crop = plan_crop(grid, Box((2, 3, 1), (7, 12, 9)), None, (4, 4, 4))
    assert not crop.resampled
    assert np.shares_memory(crop.volume(hu), hu)
    assert (crop.volume(hu) == hu[2:7, 3:12, 1:9]).all()


def test_a_spacing_within_a_percent_is_no_reason_to_resample() -> None:
    grid = oblique_grid((9, 14, 11), (2.5, 0.8, 1.1))
    assert not plan_crop(grid, Box.whole(grid.shape_zyx), (2.51, 0.801, 1.1), (4, 4, 4)).resampled


def test_the_work_grid_covers_the_same_space() -> None:
    grid = oblique_grid((9, 14, 11), (2.5, 0.8, 1.1))
    crop = plan_crop(grid, Box((2, 3, 1), (7, 12, 9)), (2.0, 1.5, 1.5), (2, 2, 2))
    assert crop.work.spacing_zyx_mm == (2.0, 1.5, 1.5)
    first = crop.work.to_lps([-0.5, -0.5, -0.5])
    assert np.allclose(first, crop.grid.to_lps([-0.5, -0.5, -0.5]))
    assert (np.array(crop.work.size_mm) >= np.array(crop.grid.size_mm) - 1e-6).all()
    assert crop.volume(smooth_volume(grid.shape_zyx)).shape == crop.work.shape_zyx


def test_a_window_of_the_work_grid_knows_its_voxels_in_the_scan() -> None:
    grid = oblique_grid((40, 60, 50), (1.0, 0.75, 0.75))
    crop = plan_crop(grid, Box((4, 6, 5), (40, 60, 50)), (2.0, 1.5, 1.5), (2, 2, 2))
    box = crop.source_box(Box((1, 2, 3), (5, 7, 9)))
    assert box == Box((6, 10, 11), (14, 20, 23))
