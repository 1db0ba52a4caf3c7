"""Finished slabs at the network's spacing → slabs on the source grid, as soon as both neighbours are there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.geometry.grid import Grid
from engine.geometry.sampling import index_map, linear_parallel
from engine.predict.backends import Float32

_SLAB = 8
"""Slices at a time: few, as memory that is taken anew for each large array costs more than the arithmetic."""


class SlabResampler:
    """Brings probabilities back linearly while they come in.

    Probabilities, not logits or classes: between a sure yes and a sure no the border then lies in the middle.

    Args:
        work: Grid of what comes in; parallel to `target`.
        target: Grid of what goes out.
    """

    def __init__(self, work: Grid, target: Grid) -> None:
        self._depth = work.shape_zyx[0]
        self._shape = target.shape_zyx
        self._matrix, self._offset = index_map(work.steps_lps, np.array(work.origin_lps), target)
        self._base = 0
        self._held: Float32 | None = None
        self._next = 0
        self._out = np.empty((0, 0, 0, 0), dtype=np.float32)

    def push(self, start: int, values: Float32) -> Iterator[tuple[int, Float32]]:
        """Take slices of the work grid and yield ``(first slice, values)`` of the target's that are now known.

        What is yielded is valid until the next one.

        Args:
            start: First slice; follows the last one given.
            values: (K, n, y, x).
        """
        self._held = values if self._held is None else np.concatenate([self._held, values], axis=1)
        have = start + values.shape[1]
        last = self._shape[0] if have >= self._depth else self._known_until(have)
        while self._next < last:
            stop = min(self._next + _SLAB, last)
            yield self._next, self._resample(self._held, slice(self._next, stop))
            self._next = stop
        self._forget()

    def _known_until(self, have: int) -> int:
        """Return how many slices of the target lie below the centre of the last slice held."""
        step, offset = float(self._matrix[0, 0]), float(self._offset[0])
        return max(0, min(self._shape[0], int(np.floor((have - 1 - offset) / step)) + 1))

    def _resample(self, held: Float32, part: slice) -> Float32:
        offset = self._offset.copy()
        offset[0] -= self._base
        if len(self._out) != len(held):
            self._out = np.empty((len(held), _SLAB, *self._shape[1:]), dtype=np.float32)
        out = self._out[:, : part.stop - part.start]
        for channel, values in enumerate(held):
            out[channel] = linear_parallel(values, self._matrix, offset, (0, 1, 2), self._shape, part, 0.0)
        return out

    def _forget(self) -> None:
        """Drop the slices that no later one of the target needs."""
        if self._held is None:
            return
        first = float(self._matrix[0, 0]) * self._next + float(self._offset[0])
        keep = max(self._base, min(int(np.floor(first)), self._base + self._held.shape[1] - 1))
        self._held = self._held[:, keep - self._base :].copy()
        self._base = keep
