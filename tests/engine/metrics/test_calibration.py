"""Calibration: by the definition in a slow loop, perfect and overconfident networks, cases added."""

import math

import numpy as np
import pytest

from engine.core.errors import GeometryError
from engine.metrics.calibration import BINS, reliability


def slow(probability, truth, region):
    """Follow the definition voxel by voxel."""
    bins = [[] for _ in range(BINS)]
    for p, t, r in zip(probability.ravel(), truth.ravel(), region.ravel(), strict=True):
        if r:
            bins[min(int(p * BINS), BINS - 1)].append((float(p), bool(t)))
    n = sum(len(b) for b in bins)
    gaps = (abs(sum(p for p, _ in b) / len(b) - sum(t for _, t in b) / len(b)) * len(b) for b in bins if b)
    return sum(gaps) / n


@pytest.fixture
def answers():
    rng = np.random.default_rng(4)
    p = rng.random((7, 9, 11))
    return p, rng.random(p.shape) < p**2, rng.random(p.shape) < 0.7


def test_the_error_is_that_of_the_definition(answers):
    assert reliability(*answers).error == pytest.approx(slow(*answers), abs=1e-12)


def test_a_network_that_means_what_it_says_has_no_error_and_a_boasting_one_has():
    rng = np.random.default_rng(0)
    p = rng.random((40, 40, 40))
    truth, everywhere = rng.random(p.shape) < p, np.ones(p.shape, bool)
    assert reliability(p, truth, everywhere).error < 0.01
    boasting = np.where(p > 0.5, 0.99, 0.01)
    # said 0.99, true in three of four
    assert reliability(boasting, truth, everywhere).error == pytest.approx(0.24, abs=0.01)


def test_two_cases_together_are_one_large_case(answers):
    p, truth, region = answers
    halves = reliability(p[:3], truth[:3], region[:3]) + reliability(p[3:], truth[3:], region[3:])
    whole = reliability(p, truth, region)
    assert halves.error == pytest.approx(whole.error)
    np.testing.assert_allclose(halves.rows, whole.rows)
    assert sum(n for *_, n in whole.rows) == region.sum()


def test_certainty_belongs_to_the_last_bin_and_nothing_to_none():
    one = np.ones((1, 2, 3), np.float16)
    told = reliability(one, one > 0, one > 0)
    assert told.rows == [(1.0, 1.0, 6)]
    assert told.error == 0
    assert math.isnan(reliability(one, one > 0, one > 2).error)


def test_other_grids_are_refused():
    with pytest.raises(GeometryError):
        reliability(np.zeros((2, 2, 2)), np.zeros((2, 2, 3), bool), np.zeros((2, 2, 2), bool))
