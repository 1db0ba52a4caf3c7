"""Array types by meaning. Index order is (z, y, x) = (slice, row, column) everywhere."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

HuArray: TypeAlias = NDArray[np.int16]
"""(z, y, x) Hounsfield units."""

LabelArray: TypeAlias = NDArray[np.uint8]
"""(z, y, x) label ids, 0 is background."""

MaskArray: TypeAlias = NDArray[np.bool_]
"""(z, y, x) true inside."""

ProbabilityArray: TypeAlias = NDArray[np.float32]
"""(K, z, y, x) in [0, 1]."""

FloatArray: TypeAlias = NDArray[np.float64]

IndexZyx: TypeAlias = tuple[int, int, int]
"""Whole voxel index or shape, (z, y, x)."""

FloatZyx: TypeAlias = tuple[float, float, float]
"""Continuous voxel index, or millimetres per axis, (z, y, x)."""

PointLps: TypeAlias = tuple[float, float, float]
"""Physical point in mm: to the patient's left, posterior, superior."""
