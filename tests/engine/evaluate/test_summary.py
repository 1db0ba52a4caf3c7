"""Means, intervals, agreement and comparison against scipy and hand values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from engine.evaluate.summary import agreement, compare, summarise

VALUES = [0.9, 0.7, float("nan"), 0.85, 0.2, 0.95, 0.6]


def test_cases_without_a_value_are_counted_and_left_out() -> None:
    s = summarise(VALUES)
    kept = [v for v in VALUES if not math.isnan(v)]
    assert (s.n, s.without) == (6, 1)
    assert s.mean == pytest.approx(np.mean(kept))
    assert s.median == pytest.approx(np.median(kept))


def test_the_interval_is_scipys_percentile_bootstrap() -> None:
    kept = np.array([v for v in VALUES if not math.isnan(v)])
    theirs = stats.bootstrap((kept,), np.mean, method="percentile", n_resamples=10_000, rng=np.random.default_rng(1))
    s = summarise(VALUES)
    assert s.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert s.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)


def test_the_same_values_give_the_same_interval() -> None:
    assert summarise(VALUES) == summarise(VALUES)


def test_no_case_gives_no_number() -> None:
    s = summarise([math.nan])
    assert (s.n, s.without) == (0, 1)
    assert math.isnan(s.mean)


def test_limits_of_agreement_are_bland_and_altmans() -> None:
    found, true = [10.0, 22.0, 29.0, 41.0], [12.0, 20.0, 30.0, 40.0]
    told = agreement(found, true)
    apart = np.subtract(found, true)
    assert told.bias == pytest.approx(0.0)
    assert told.high == pytest.approx(1.96 * apart.std(ddof=1))
    assert told.low == pytest.approx(-told.high)
    assert math.isnan(agreement([1.0], [2.0]).low)
    assert agreement([], []).n == 0


def test_two_models_are_compared_case_by_case() -> None:
    rng = np.random.default_rng(0)
    first = rng.uniform(0.5, 0.9, 12)
    second = first - rng.uniform(0.01, 0.05, 12)
    told = compare([*first, math.nan], [*second, 0.5])
    assert told.n == 12
    assert told.mean == pytest.approx((first - second).mean())
    assert 0 < told.low < told.mean < told.high
    assert told.p == pytest.approx(stats.wilcoxon(first - second).pvalue)


def test_a_model_equals_itself() -> None:
    told = compare([0.5, 0.7], [0.5, 0.7])
    assert told.mean == 0
    assert math.isnan(told.p)
