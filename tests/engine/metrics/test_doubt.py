"""Doubt of lesions: their volume, mean and error; rank correlation as scipy's definition by hand."""

import math

import numpy as np
import pytest

from engine.metrics.doubt import LesionDoubt, follows, lesion_doubts


def test_each_lesion_is_told_with_its_doubt_and_its_error():
    found, truth = np.zeros((8, 20, 30), bool), np.zeros((8, 20, 30), bool)
    found[2:6, 2:8, 2:8] = True  # 144 voxels, half right
    truth[2:6, 2:8, 5:11] = True  # 144 voxels
    found[1:3, 14:18, 20:25] = True  # 40 voxels, nothing there
    found[7, 19, 29] = True  # too small
    doubt = np.where(found, 0.25, 0.9)
    doubt[1:3, 14:18, 20:25] = 0.75
    small, large = sorted(lesion_doubts(found, truth, doubt, voxel_ml=0.05), key=lambda row: row.ml)
    assert (small.ml, small.doubt, small.error) == pytest.approx((2.0, 0.75, 1.0))
    assert (large.ml, large.doubt, large.error) == pytest.approx((7.2, 0.25, 0.5))


def test_a_lesion_that_touches_two_true_ones_is_measured_against_both():
    found, truth = np.zeros((3, 10, 30), bool), np.zeros((3, 10, 30), bool)
    found[:, :, 5:25] = True
    truth[:, :, 0:10] = truth[:, :, 20:30] = True
    (row,) = lesion_doubts(found, truth, np.zeros(found.shape), 1.0)
    assert row.error == pytest.approx(1 - 2 * 300 / (600 + 600))


def test_voxels_that_touch_at_a_corner_are_one_lesion():
    found = np.zeros((4, 4, 4), bool)
    found[0, 0, 0] = found[1, 1, 1] = found[3, 3, 3] = True
    rows = lesion_doubts(found, found, np.zeros(found.shape), 1.0)
    assert sorted(row.ml for row in rows) == [1.0, 2.0]
    assert all(row.error == 0 for row in rows)


def test_doubt_that_grows_with_the_error_follows_it():
    rows = [LesionDoubt(1.0, d, e) for d, e in ((0.1, 0.0), (0.2, 0.3), (0.9, 0.5), (0.4, 0.4))]
    assert follows(rows) == pytest.approx(1.0)
    assert follows([LesionDoubt(1.0, -r.doubt, r.error) for r in rows]) == pytest.approx(-1.0)
    swapped = [rows[0], rows[1], LesionDoubt(1.0, 0.4, 0.5), LesionDoubt(1.0, 0.9, 0.4)]
    # ranks 1 2 3 4 beside 1 2 4 3: 1 − 6·2 / (4·15)
    assert follows(swapped) == pytest.approx(0.8)
    assert math.isnan(follows(rows[:2]))
