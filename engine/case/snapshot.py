"""A label map as it was at one moment, taken at no cost and copied where there is time for it."""

from __future__ import annotations

import threading

import numpy as np

from engine.core.types import LabelArray

_SLAB = 8
"""Slices copied at a time: a write waits for no more than one such slab, 2 MB of a chest."""


class Snapshot:
    """The ids of a label map as they were when it was made.

    Nothing is copied yet. `array` copies, in the thread that calls it; what a write would change before that is
    copied by the write.

    Args:
        data: (z, y, x) uint8, the label map's own array.
    """

    def __init__(self, data: LabelArray) -> None:
        self._source: LabelArray | None = data
        self._kept: LabelArray = np.empty_like(data)  # address space only, until it is written to
        self._missing = set(range(0, len(data), _SLAB))
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        """Whether all of it is copied: the label map may change as it likes."""
        return self._source is None

    def keep(self, start: int, stop: int) -> None:
        """Copy what is missing of slices [start, stop); the label map calls it before it writes there."""
        for slab in range(start - start % _SLAB, stop, _SLAB):
            self._copy(slab)

    def array(self) -> LabelArray:
        """Return the (z, y, x) uint8 ids, read-only. May be called in any thread."""
        self.keep(0, len(self._kept))
        self._source = None
        view = self._kept.view()
        view.flags.writeable = False
        return view

    def _copy(self, slab: int) -> None:
        with self._lock:
            if slab in self._missing and self._source is not None:
                self._kept[slab : slab + _SLAB] = self._source[slab : slab + _SLAB]
                self._missing.remove(slab)
