"""Values around a place, to be seen over the slices: what a network attends to, depends on, doubts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.types import IndexZyx
from engine.geometry.grid import Grid


@dataclass(frozen=True, eq=False)
class Heat:
    """A layer of values from 0 to 1.

    Args:
        values: (z, y, x) float32 on `grid`; only read.
        grid: Where they lie; any grid near the case, mostly a window of it.
        at_zyx: Voxel of the case they are about.
        opacity: Of the strongest value, 0 … 1.
        shown: Whether it is seen.
    """

    values: NDArray[np.float32]
    grid: Grid
    at_zyx: IndexZyx
    opacity: float = 0.7
    shown: bool = True
