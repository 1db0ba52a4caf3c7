"""Overlapping windows into one volume: weighted by a Gaussian, released slab by slab so memory stays bounded.

Each window counts most in its middle (σ = tile / 8, below 1, at least 0.001 as in MONAI, so that corners
covered once do not rest on rounding), in fp32. As soon as no later window touches a slice it is handed out:
the accumulator holds a window's slices, never the volume.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.core.types import IndexZyx

LEAST = 1e-3
Float32 = NDArray[np.float32]


@lru_cache(maxsize=4)
def importance(tile: IndexZyx, least: float = LEAST) -> Float32:
    """Return the weight of each voxel of a window, (z, y, x) float32 in (0, 1], read-only."""
    curves = []
    for n in tile:
        place = np.arange(n, dtype=np.float64) - (n - 1) / 2
        curves.append(np.exp(-0.5 * (place / (n / 8)) ** 2))
    z, y, x = curves
    weights = z[:, None, None] * y[None, :, None] * x[None, None, :]
    weights = np.maximum(weights, least).astype(np.float32)  # the floor is that of MONAI, to the voxel
    weights.setflags(write=False)
    return weights


class Blender:
    """Collects windows layer by layer and gives back finished slabs.

    What is kept is the weighted mean so far, not sum and weight: where windows agree their common value comes
    back to the last bit, however many overlap.

    Args:
        channels: K.
        shape: Of the volume the windows lie in, (z, y, x), at least one window large.
        tile: Window, (z, y, x).
        background: Value of voxels that no window covered.
    """

    def __init__(self, channels: int, shape: IndexZyx, tile: IndexZyx, background: float) -> None:
        self._tile = tile
        self._weights = importance(tile)
        self._background = np.float32(background)
        self._base = 0
        plane = shape[1:]
        self._mean = np.zeros((channels, tile[0], *plane), dtype=np.float32)
        self._weight = np.zeros((tile[0], *plane), dtype=np.float32)
        self._share = np.empty(tile, dtype=np.float32)
        self._change = np.empty(tile, dtype=np.float32)

    @staticmethod
    def bytes_needed(channels: int, shape: IndexZyx, tile: IndexZyx) -> int:
        """Return the memory of one blender."""
        return 4 * ((channels + 1) * tile[0] * shape[1] * shape[2] + 3 * tile[0] * tile[1] * tile[2])

    def add(self, start: IndexZyx, values: Float32) -> None:
        """Add a window.

        Args:
            start: Its first voxel; z is that of the present layer.
            values: (K, z, y, x) of the window's size; only read.
        """
        z = start[0] - self._base
        depth = slice(z, z + self._tile[0])
        rows = slice(start[1], start[1] + self._tile[1])
        columns = slice(start[2], start[2] + self._tile[2])
        weight = self._weight[depth, rows, columns]
        weight += self._weights
        np.divide(self._weights, weight, out=self._share)
        for channel, value in enumerate(values):
            mean = self._mean[channel, depth, rows, columns]
            np.subtract(value, mean, out=self._change)
            self._change *= self._share
            mean += self._change

    def release(self, until: int) -> tuple[int, Float32]:
        """Return the first slice and the values (K, n, y, x) of the slices before `until`; they are forgotten."""
        count = until - self._base
        done = self._mean[:, :count].copy()
        covered = self._weight[:count] > 0
        if not covered.all():
            done[:, ~covered] = self._background
        kept = self._tile[0] - count
        for array in (*self._mean, self._weight):
            if kept:
                array[:kept] = array[count:].copy()
            array[kept:] = 0
        first, self._base = self._base, until
        return first, done
