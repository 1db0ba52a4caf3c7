"""Whether doubt lies where the errors lie: of each lesion found, how unsure the network was and how wrong it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.types import MaskArray
from engine.metrics.overlap import same_shape

LEAST_ML = 1.0


@dataclass(frozen=True)
class LesionDoubt:
    """One lesion that was found.

    Args:
        ml: Its volume.
        doubt: Mean of the doubt map within it.
        error: 1 − Dice against the true lesions it touches; 1 where it touches none.
    """

    ml: float
    doubt: float
    error: float


def lesion_doubts(
    found: MaskArray, truth: MaskArray, doubt: NDArray[np.floating], voxel_ml: float, least_ml: float = LEAST_ML
) -> list[LesionDoubt]:
    """Return doubt and error of each found lesion of at least `least_ml`; voxels that touch at a corner are one lesion.

    Args:
        found: (z, y, x) bool.
        truth: (z, y, x) bool.
        doubt: (z, y, x), e.g. entropy.
        voxel_ml: Volume of a voxel.
        least_ml: Smaller ones are left out.

    Raises:
        GeometryError: the shapes differ.
    """
    import cc3d

    same_shape(found, truth)
    pieces, count = cc3d.connected_components(found, connectivity=26, return_N=True)
    true_pieces = cc3d.connected_components(truth, connectivity=26)
    sizes, true_sizes = np.bincount(pieces.ravel()), np.bincount(true_pieces.ravel())
    doubts = np.bincount(pieces.ravel(), doubt.ravel().astype(np.float64), minlength=count + 1)
    hits = np.bincount(pieces[truth], minlength=count + 1)
    rows: list[LesionDoubt] = []
    for piece in range(1, count + 1):
        size = int(sizes[piece])
        if size * voxel_ml < least_ml:
            continue
        touched = int(true_sizes[np.unique(true_pieces[truth & (pieces == piece)])].sum())
        error = 1 - 2 * int(hits[piece]) / (size + touched)
        rows.append(LesionDoubt(size * voxel_ml, float(doubts[piece]) / size, error))
    return rows


def follows(rows: Sequence[LesionDoubt]) -> float:
    """Return Spearman's rank correlation of doubt and error over lesions; NaN for fewer than three."""
    if len(rows) < 3:
        return float("nan")
    from scipy.stats import spearmanr  # pyright: ignore

    doubts, errors = [row.doubt for row in rows], [row.error for row in rows]
    return float(spearmanr(doubts, errors).statistic)  # pyright: ignore
