"""Distances against all pairs of surface voxels, on anisotropic spacing."""

import math

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from engine.metrics.surface import surface, surface_distances

SPACING = (2.5, 0.7, 1.1)


def _blob(seed, shape=(9, 14, 12)):
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.standard_normal(shape), 1.6) > 0.08


def _all_pairs(found, truth):
    a, b = (np.argwhere(surface(m)) * SPACING for m in (found, truth))
    distances = cdist(a, b)
    return distances.min(axis=1), distances.min(axis=0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_distances_agree_with_all_pairs(seed):
    found, truth = _blob(seed), _blob(seed + 10)
    there, back = _all_pairs(found, truth)
    measured = surface_distances(found, truth, SPACING)
    np.testing.assert_allclose(np.sort(measured.found_to_truth), np.sort(there), atol=1e-6)
    np.testing.assert_allclose(np.sort(measured.truth_to_found), np.sort(back), atol=1e-6)
    assert measured.hd95 == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    assert measured.hausdorff == pytest.approx(max(there.max(), back.max()))
    assert measured.assd == pytest.approx(np.concatenate([there, back]).mean())
    for tolerance in (0.0, 1.0, 2.5):
        within = sum(d <= tolerance + 1e-6 for d in (*there, *back)) / (len(there) + len(back))
        assert measured.dice_within(tolerance) == pytest.approx(within)


def test_hausdorff_agrees_with_simpleitk():
    import SimpleITK as sitk

    found, truth = np.zeros((9, 14, 12), bool), np.zeros((9, 14, 12), bool)
    found[2:6, 3:9, 2:8] = True
    truth[3:8, 4:12, 2:7] = True
    images = []
    for mask in (found, truth):
        image = sitk.GetImageFromArray(mask.astype(np.uint8))
        image.SetSpacing(SPACING[::-1])
        images.append(image)
    measure = sitk.HausdorffDistanceImageFilter()
    measure.Execute(*images)
    assert surface_distances(found, truth, SPACING).hausdorff == pytest.approx(measure.GetHausdorffDistance(), abs=1e-5)


def test_a_shift_by_one_slice_is_one_spacing_away():
    mask = np.zeros((10, 12, 14), bool)
    mask[2:6, 3:9, 4:10] = True
    assert surface_distances(mask, np.roll(mask, 1, axis=0), SPACING).hausdorff == pytest.approx(2.5)


def test_equal_masks_are_nowhere_apart_and_empty_ones_cannot_be_measured():
    mask = _blob(4)
    assert surface_distances(mask, mask, SPACING).hd95 == 0
    nothing = surface_distances(mask, np.zeros_like(mask), SPACING)
    assert math.isnan(nothing.hd95)
    assert math.isnan(nothing.assd)


def test_the_surface_is_what_erosion_takes_away():
    mask = _blob(5)
    np.testing.assert_array_equal(surface(mask), mask & ~ndimage.binary_erosion(mask))
