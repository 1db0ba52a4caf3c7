"""From cases to a sentence: means with intervals over cases, agreement of volumes, two models side by side.

Intervals are percentile bootstraps over *cases*, as voxels and slices of one patient are no independent
witnesses. With few cases they are wide, and that is the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000


@dataclass(frozen=True)
class Summary:
    """A measure over cases.

    Args:
        mean: Over the cases that have it.
        median: The same.
        low: Lower end of the 95 % interval of the mean.
        high: Upper end.
        n: Cases that have it.
        without: Cases that do not (neither truth nor finding).
    """

    mean: float
    median: float
    low: float
    high: float
    n: int
    without: int


def summarise(values: Sequence[float], *, seed: int = 0) -> Summary:
    """Return mean, median and interval of the values that are numbers."""
    kept = np.array([v for v in values if not math.isnan(v)])
    without = len(values) - len(kept)
    if not len(kept):
        return Summary(math.nan, math.nan, math.nan, math.nan, 0, without)
    low, high = interval(kept, seed=seed)
    return Summary(float(kept.mean()), float(np.median(kept)), low, high, len(kept), without)


def interval(values: NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Agreement:
    """How far volumes lie apart (Bland and Altman), in the unit of the values.

    Args:
        bias: Mean of found less true.
        low: Bias less 1.96 standard deviations.
        high: Bias and 1.96 standard deviations.
        n: Cases.
    """

    bias: float
    low: float
    high: float
    n: int


def agreement(found: Sequence[float], true: Sequence[float]) -> Agreement:
    """Return bias and limits of agreement; NaN limits for a single case."""
    apart = np.asarray(found, np.float64) - np.asarray(true, np.float64)
    if not len(apart):
        return Agreement(math.nan, math.nan, math.nan, 0)
    spread = 1.96 * float(apart.std(ddof=1)) if len(apart) > 1 else math.nan
    bias = float(apart.mean())
    return Agreement(bias, bias - spread, bias + spread, len(apart))


@dataclass(frozen=True)
class Comparison:
    """One model less another on the same cases.

    Args:
        mean: Of the differences.
        low: Lower end of the 95 % interval (paired bootstrap).
        high: Upper end.
        p: Of Wilcoxon's signed-rank test; NaN where it cannot be made.
        n: Cases that both have.
    """

    mean: float
    low: float
    high: float
    p: float
    n: int


def compare(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Comparison:
    """Return how much better `first` is, case by case.

    Args:
        first: One value a case, NaN where there is none.
        second: The same cases in the same order.
        seed: Of the bootstrap.
    """
    from scipy.stats import wilcoxon

    pairs = zip(first, second, strict=True)
    apart = np.array([a - b for a, b in pairs if not (math.isnan(a) or math.isnan(b))])
    if not len(apart):
        return Comparison(math.nan, math.nan, math.nan, math.nan, 0)
    low, high = interval(apart, seed=seed)
    p = float(wilcoxon(apart).pvalue) if np.any(apart) else math.nan  # pyright: ignore
    return Comparison(float(apart.mean()), low, high, p, len(apart))
