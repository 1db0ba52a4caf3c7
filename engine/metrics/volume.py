"""Volumes: how many millilitres, how much of the lung, how far off."""

from __future__ import annotations

import math

import numpy as np

from engine.core.types import MaskArray
from engine.metrics.overlap import same_shape


def volume_ml(mask: MaskArray, voxel_ml: float) -> float:
    """Return the volume of a mask in ml."""
    return float(np.count_nonzero(mask)) * voxel_ml


def volume_error_ml(found: MaskArray, truth: MaskArray, voxel_ml: float) -> float:
    """Return found less true volume in ml; negative where too little was found.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(found, truth)
    return volume_ml(found, voxel_ml) - volume_ml(truth, voxel_ml)


def relative_volume_error(found: MaskArray, truth: MaskArray) -> float:
    """Return (found − true) / true; NaN where there is nothing to find.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(found, truth)
    true = int(np.count_nonzero(truth))
    return (int(np.count_nonzero(found)) - true) / true if true else math.nan


def involvement_percent(lesion: MaskArray, lung: MaskArray) -> float:
    """Return which percentage of the lung a lesion takes; NaN without lung.

    Args:
        lesion: (z, y, x); only its part in the lung counts.
        lung: (z, y, x) with the lesions inside.

    Raises:
        GeometryError: the shapes differ.
    """
    same_shape(lesion, lung)
    whole = int(np.count_nonzero(lung))
    return 100.0 * int(np.count_nonzero(lesion & lung)) / whole if whole else math.nan
