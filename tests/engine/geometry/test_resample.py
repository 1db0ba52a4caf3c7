"""Resampling against ITK's own filter, on oblique, anisotropic, asymmetric grids."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from engine.geometry.resample import averaged_to, labels_to, probabilities_to, volume_to
from tests.support.grids import cell_edges, itk_resampled, oblique_grid, smooth_volume, turned

TARGETS = {
    "finer": Grid((21, 17, 19), (1.1, 0.6, 0.7), (-31.0, 11.0, 199.0), oblique_grid().direction),
    "coarser, along the patient": Grid((7, 9, 8), (3.3, 1.9, 1.4), (-33.0, 10.0, 198.0)),
    "turned": oblique_grid((8, 10, 13), (1.7, 1.3, 0.9), (-29.0, 13.0, 203.0), (-20, 30, 4)),
    "axes exchanged": Grid(
        (13, 20, 12),
        (1.0, 1.2, 0.9),
        (-28.0, 14.0, 202.0),
        as_direction(turned((8, -5, 11))[[2, 0, 1]] * [[1], [-1], [1]]),
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_volume_agrees_with_itk(name):
    grid, target = oblique_grid(), TARGETS[name]
    hu = smooth_volume(grid.shape_zyx)
    ours = volume_to(hu, grid, target)
    truth = itk_resampled(hu.astype(np.float32), grid, target, sitk.sitkLinear, -1024)
    sure = ~cell_edges(grid, target, 1e-4)
    assert ours.dtype == np.int16
    assert (ours[sure] != -1024).sum() > 50
    assert np.abs(ours.astype(float) - truth)[sure].max() <= 1.0


@pytest.mark.parametrize("name", TARGETS)
def test_labels_agree_with_itk_away_from_ties(name):
    grid, target = oblique_grid(), TARGETS[name]
    labels = np.random.default_rng(5).integers(0, 6, grid.shape_zyx).astype(np.uint8)
    ours = labels_to(labels, grid, target)
    truth = itk_resampled(labels, grid, target, sitk.sitkNearestNeighbor, 0)
    sure = ~cell_edges(grid, target, 1e-4)
    assert sure.mean() > 0.5
    np.testing.assert_array_equal(ours[sure], truth[sure])
    assert set(np.unique(ours)) == set(range(6))


@given(
    st.tuples(*[st.floats(-40, 40)] * 3),
    st.tuples(*[st.floats(0.4, 4)] * 3),
    st.tuples(*[st.integers(1, 12)] * 3),
    st.tuples(*[st.floats(-12, 12)] * 3),
)
def test_any_pair_of_grids_agrees_with_itk(degrees, spacing, shape, shift):
    grid = oblique_grid((6, 9, 5))
    target = Grid(shape, spacing, tuple(np.add(grid.centre_lps, shift)), as_direction(turned(degrees)))
    hu = smooth_volume(grid.shape_zyx)
    labels = (hu > 100).astype(np.uint8) + 2 * (hu < -200)
    sure = ~cell_edges(grid, target, 1e-3)
    linear = itk_resampled(hu.astype(np.float32), grid, target, sitk.sitkLinear, -1024)
    nearest = itk_resampled(labels.astype(np.uint8), grid, target, sitk.sitkNearestNeighbor, 0)
    assert np.abs(volume_to(hu, grid, target).astype(float) - linear)[sure].max(initial=0) <= 1.0
    np.testing.assert_array_equal(labels_to(labels, grid, target)[sure], nearest[sure])


def test_the_same_grid_gives_the_same_values_in_another_array():
    grid = oblique_grid()
    hu = smooth_volume(grid.shape_zyx)
    again = volume_to(hu, grid, grid)
    np.testing.assert_array_equal(again, hu)
    assert not np.shares_memory(again, hu)
    np.testing.assert_array_equal(labels_to(hu, grid, grid), hu)


def test_parallel_grids_that_do_not_meet_share_nothing():
    grid = Grid((4, 5, 6), (2.0, 1.0, 1.0))
    beside = Grid((3, 5, 6), (1.0, 0.5, 0.5), (80.0, 0.0, 0.0))
    assert not labels_to(np.ones(grid.shape_zyx, np.uint8), grid, beside).any()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        labels_to(np.ones(grid.shape_zyx, np.uint8), grid, beside, cancel=cancel)


def test_a_linear_ramp_stays_a_ramp_in_millimetres():
    grid, target = oblique_grid((20, 30, 25)), oblique_grid((8, 8, 8), (1.9, 1.4, 1.2), (-22.0, 22.0, 215.0), (1, 2, 3))
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape_zyx], indexing="ij"), axis=-1)
    wanted = lambda g, i: 20 * g.to_lps(i) @ np.array([1.0, -2.0, 0.5])
    hu = np.rint(wanted(grid, index)).astype(np.int16)
    points = np.stack(np.meshgrid(*[np.arange(n) for n in target.shape_zyx], indexing="ij"), axis=-1)
    at = grid.to_index(target.to_lps(points))
    inside = ((at >= 0) & (at <= np.array(grid.shape_zyx) - 1)).all(axis=-1)
    assert inside.sum() > 100
    assert np.abs(volume_to(hu, grid, target) - wanted(target, points))[inside].max() <= 1.01


@pytest.mark.parametrize("times", [(3, 2, 4), (1, 2, 1), (2, 1, 3)])
def test_a_coarser_voxel_holds_the_mean_of_the_finer_ones_in_it(times):
    grid = oblique_grid((12, 14, 16))
    hu = np.random.default_rng(0).integers(-1000, 400, grid.shape_zyx).astype(np.int16)
    coarse = tuple(n // k for n, k in zip(grid.shape_zyx, times, strict=True))
    spacing = tuple(mm * k for mm, k in zip(grid.spacing_zyx_mm, times, strict=True))
    origin = grid.to_lps((np.array(times) - 1) / 2)  # where the first block has its middle
    target = Grid(coarse, spacing, tuple(origin), grid.direction)
    means = np.empty(coarse)
    for z, y, x in np.ndindex(*coarse):
        (a, b, c), (d, e, f) = (z, y, x) * np.array(times), (np.array([z, y, x]) + 1) * np.array(times)
        means[z, y, x] = hu[a:d, b:e, c:f].mean()
    assert np.abs(averaged_to(hu, grid, target) - means).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("name", ["coarser, along the patient", "turned", "axes exchanged"])
def test_averaging_halves_noise_and_moves_nothing(name):
    grid = oblique_grid((40, 44, 48), (0.7, 0.5, 0.4), (-33.0, 10.0, 198.0))
    target = TARGETS[name]
    still = smooth_volume(grid.shape_zyx) // 40
    noise = np.random.default_rng(1).normal(0, 100, grid.shape_zyx)
    inside = volume_to(np.zeros(grid.shape_zyx, np.int16), grid, target) > -1024
    middle = inside & (averaged_to(np.zeros(grid.shape_zyx, np.int16), grid, target, fill=9000) == 0)
    assert middle.sum() > 50
    quiet = averaged_to(np.rint(still + noise).astype(np.int16), grid, target)[middle]
    loud = volume_to(np.rint(still + noise).astype(np.int16), grid, target)[middle]
    truth = volume_to(still, grid, target)[middle]
    assert (quiet - truth).std() < 0.5 * (loud - truth).std()
    assert abs(float((quiet - truth).mean())) < 12


def test_averaging_mixes_nothing_of_the_outside_in():
    grid = oblique_grid((9, 11, 13), (1.0, 0.7, 0.8))
    target = grid.resized((2.9, 1.6, 1.7))
    flat = np.full(grid.shape_zyx, 40, np.int16)
    mean, point = averaged_to(flat, grid, target), volume_to(flat, grid, target)
    assert set(np.unique(mean)) == {-1024, 40}  # the grid is rounded up: its last voxels lie beyond
    assert (mean[point == 40] == 40).all()
    far = Grid((3, 4, 5), (5, 5, 5), (900.0, 0.0, 0.0))
    assert (averaged_to(np.zeros(grid.shape_zyx, np.int16), grid, far, fill=-7) == -7).all()


def test_where_nothing_is_coarser_averaging_is_linear():
    grid, target = oblique_grid(), TARGETS["finer"]
    hu = smooth_volume(grid.shape_zyx)
    np.testing.assert_array_equal(averaged_to(hu, grid, target), volume_to(hu, grid, target))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        averaged_to(hu, grid, grid.resized((9.0, 9.0, 9.0)), cancel=cancel)


def test_far_away_everything_is_fill():
    grid = oblique_grid()
    far = Grid((3, 4, 5), (1, 1, 1), (900.0, 0.0, 0.0))
    assert (volume_to(np.zeros(grid.shape_zyx, np.int16), grid, far) == -1024).all()
    assert not labels_to(np.ones(grid.shape_zyx, np.uint8), grid, far).any()


def test_labels_keep_their_type_even_int64():
    grid = oblique_grid()
    labels = np.full(grid.shape_zyx, -(2**40), np.int64)
    moved = labels_to(labels, grid, TARGETS["turned"])
    assert moved.dtype == np.int64
    assert -(2**40) in moved


def test_probabilities_come_in_slabs_and_agree_with_itk():
    grid, target = oblique_grid(), TARGETS["finer"]
    probabilities = np.random.default_rng(1).random((3, *grid.shape_zyx)).astype(np.float32)
    whole = np.zeros((3, *target.shape_zyx), np.float32)
    sizes = []
    for part, values in probabilities_to(probabilities, grid, target, slab=5):
        sizes.append(values.shape[1])
        whole[:, part] = values
    assert sizes == [5, 5, 5, 5, 1]
    sure = ~cell_edges(grid, target, 1e-4)
    for ours, given_ in zip(whole, probabilities, strict=True):
        truth = itk_resampled(given_, grid, target, sitk.sitkLinear, 0)
        np.testing.assert_allclose(ours[sure], truth[sure], atol=1e-4)


def test_resampling_stops_when_told():
    cancel = CancelToken()
    cancel.cancel()
    grid = oblique_grid()
    with pytest.raises(Cancelled):
        volume_to(np.zeros(grid.shape_zyx, np.int16), grid, TARGETS["turned"], cancel=cancel)
    with pytest.raises(Cancelled):
        labels_to(np.zeros(grid.shape_zyx, np.uint8), grid, TARGETS["turned"], cancel=cancel)
