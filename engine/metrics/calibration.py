"""Whether a probability means what it says: of the voxels called 70 % lesion, seven in ten should be lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GeometryError
from engine.core.types import MaskArray

BINS = 15
Probability = NDArray[np.floating]


@dataclass(frozen=True)
class Reliability:
    """Voxels by what the network said of them; sums, so cases can be added.

    Args:
        voxels: (bins,) how many.
        said: (bins,) sum of their probabilities.
        true: (bins,) how many of them are true.
    """

    voxels: NDArray[np.int64]
    said: NDArray[np.float64]
    true: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Expected calibration error: the mean over voxels of |said − true| of their bin; NaN without voxels."""
        total = int(self.voxels.sum())
        return float(np.abs(self.said - self.true).sum()) / total if total else float("nan")

    @property
    def rows(self) -> list[tuple[float, float, int]]:
        """Of each bin that holds voxels: mean probability, share that is true, voxels."""
        return [
            (float(s) / int(n), int(t) / int(n), int(n))
            for n, s, t in zip(self.voxels, self.said, self.true, strict=True)
            if n
        ]

    def __add__(self, other: Reliability) -> Reliability:
        """Return both together."""
        return Reliability(self.voxels + other.voxels, self.said + other.said, self.true + other.true)


def reliability(probability: Probability, truth: MaskArray, region: MaskArray, bins: int = BINS) -> Reliability:
    """Return how often what was said is true, in `bins` equal steps of probability.

    Args:
        probability: (z, y, x) from 0 to 1.
        truth: (z, y, x) bool.
        region: (z, y, x) bool; where to count. Air and bone that nobody doubts would flatter the figure.
        bins: Steps from 0 to 1; the upper edge belongs to the last.

    Raises:
        GeometryError: the shapes differ.

    *Source*: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning (2015), for one label.
    """
    if not probability.shape == truth.shape == region.shape:
        raise GeometryError(
            "Probability, truth and region do not lie on one grid.",
            f"They have {probability.shape}, {truth.shape} and {region.shape} voxels.",
            "Bring them to the same grid first.",
        )
    said, true = probability[region].astype(np.float64), truth[region]
    place = np.minimum((said * bins).astype(np.int64), bins - 1)
    return Reliability(
        np.bincount(place, minlength=bins),
        np.bincount(place, said, minlength=bins).astype(np.float64),
        np.bincount(place[true], minlength=bins),
    )
