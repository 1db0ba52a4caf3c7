"""Counts against a slow loop and SimpleITK, and what is said when there is nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.core.errors import GeometryError
from engine.metrics.overlap import Counts, counts, dice_by_slice

MASKS = hnp.arrays(np.bool_, (3, 4, 5))


@given(MASKS, MASKS)
def test_counts_agree_with_a_slow_loop(found, truth):
    tp = fp = fn = tn = 0
    for f, t in zip(found.flat, truth.flat, strict=True):
        tp += f and t
        fp += f and not t
        fn += t and not f
        tn += not f and not t
    assert counts(found, truth) == Counts(tp, fp, fn, tn)


@given(MASKS, MASKS, MASKS)
def test_a_region_counts_only_its_own_voxels(found, truth, region):
    c = counts(found, truth, region)
    assert c.tp + c.fp + c.fn + c.tn == region.sum()
    assert c.tp == (found & truth & region).sum()


def test_rates_agree_with_simpleitk():
    import SimpleITK as sitk

    rng = np.random.default_rng(2)
    found, truth = rng.random((6, 7, 8)) > 0.6, rng.random((6, 7, 8)) > 0.5
    measure = sitk.LabelOverlapMeasuresImageFilter()
    measure.Execute(*(sitk.GetImageFromArray(m.astype(np.uint8)) for m in (found, truth)))
    c = counts(found, truth)
    assert c.dice == pytest.approx(measure.GetDiceCoefficient())
    assert c.jaccard == pytest.approx(measure.GetJaccardCoefficient())
    assert 1 - c.sensitivity == pytest.approx(measure.GetFalseNegativeError())


def test_rates_by_hand():
    c = Counts(tp=6, fp=2, fn=4, tn=88)
    assert c.dice == pytest.approx(12 / 18)
    assert c.sensitivity == 0.6
    assert c.specificity == pytest.approx(88 / 90)
    assert c.precision == 0.75
    assert c.accuracy == 0.94


def test_both_empty_is_no_number_and_one_empty_is_nought():
    none, some = np.zeros((2, 3, 4), bool), np.ones((2, 3, 4), bool)
    assert math.isnan(counts(none, none).dice)
    assert counts(none, some).dice == 0
    assert counts(some, none).dice == 0
    assert math.isnan(counts(some, none).sensitivity)


@given(MASKS, MASKS)
def test_dice_is_never_above_one(found, truth):
    dice = counts(found, truth).dice
    assert math.isnan(dice) or 0 <= dice <= 1


@given(st.lists(st.tuples(MASKS, MASKS), min_size=1, max_size=3))
def test_pooled_counts_are_those_of_all_voxels(pairs):
    total = Counts(0, 0, 0, 0)
    for found, truth in pairs:
        total += counts(found, truth)
    assert total == counts(np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs]))


def test_masks_of_different_shape_are_refused():
    with pytest.raises(GeometryError) as caught:
        counts(np.zeros((2, 3, 4), bool), np.zeros((2, 3, 5), bool))
    assert "(2, 3, 5)" in caught.value.why


@given(MASKS, MASKS)
def test_dice_over_slices_is_the_mean_of_those_that_hold_something(found, truth):
    each = [counts(f, t).dice for f, t in zip(found, truth, strict=True)]
    some = [dice for dice in each if not math.isnan(dice)]
    told = dice_by_slice(found, truth)
    assert (math.isnan(told) and not some) or told == pytest.approx(sum(some) / len(some))
