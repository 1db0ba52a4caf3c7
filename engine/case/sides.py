"""Which lung is nearer: decided for whole cells of voxels, so that an edit is answered at once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatArray, FloatZyx, IndexZyx
from engine.geometry.box import Box

MOST_CELLS = 1_000_000
Cells: TypeAlias = NDArray[np.uint32]
Place: TypeAlias = tuple[NDArray[np.intp], ...]

_TIE = 1.0 + 1e-5  # distances come as float32


def cell_shape(shape: IndexZyx, spacing_mm: FloatZyx, most: int = MOST_CELLS) -> IndexZyx:
    """Return the cell, in voxels, that parts an array into no more than `most` cells, as cubic as can be."""
    cell = [1, 1, 1]
    while np.prod([-(-n // c) for n, c in zip(shape, cell, strict=True)]) > most:
        sides = [c * s for c, s in zip(cell, spacing_mm, strict=True)]
        cell[int(np.argmin(sides))] += 1
    return cell[0], cell[1], cell[2]


class Sides:
    """The two lungs as cells, and for every cell the nearer of them.

    Args:
        shape: Slabs, cells down a slab, cells across.
        cell: Voxels of a cell along (slabs, rows, columns).
        spacing_mm: Of a voxel along the same.
    """

    def __init__(self, shape: IndexZyx, cell: IndexZyx, spacing_mm: FloatZyx) -> None:
        self._right = np.zeros(shape, dtype=np.uint16)
        self._left = np.zeros(shape, dtype=np.uint16)
        self._cell = cell
        self._side_mm = tuple(c * s for c, s in zip(cell, spacing_mm, strict=True))
        self._changed = True
        self._nearest: tuple[tuple[slice, ...], NDArray[np.bool_]] | None = None
        self._pool()

    def set_slab(self, slab: int, right: NDArray[np.uint16], left: NDArray[np.uint16]) -> None:
        """Say how many voxels of each lung the cells of one slab hold."""
        for kept, new in ((self._right, right), (self._left, left)):
            now = new.reshape(kept.shape[1:])
            if not np.array_equal(kept[slab], now):
                kept[slab] = now
                self._changed = True

    def are_left(self, slab: NDArray[np.intp], cell: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Return, per (slab, in-plane cell), whether the left lung is nearer; None if there is no lung at all.

        At equal distance the lung with more voxels in the cell wins, then the right one.
        """
        place = (slab // self._cell[0], *np.divmod(cell, self._right.shape[2]))
        if self._changed:
            self._pool()
        right, left = self._lungs
        if not left.any():
            return np.zeros(cell.size, dtype=np.bool_) if right.any() else None
        if not right.any():
            return np.ones(cell.size, dtype=np.bool_)
        if cell.size == 0:
            return np.zeros(0, dtype=np.bool_)
        return self._nearer(right, left, place)

    def _pool(self) -> None:
        steps = np.arange(0, self._right.shape[0], self._cell[0])
        right, left = (np.add.reduceat(cells, steps, axis=0, dtype=np.uint32) for cells in (self._right, self._left))
        self._lung_box = _box((right > 0) | (left > 0))
        self._lungs = right, left
        self._changed = False
        self._nearest = None

    def _nearer(self, right: Cells, left: Cells, place: Place) -> NDArray[np.bool_]:
        """Decide by distance, within the box that holds both lungs and the places asked for."""
        box = tuple(
            slice(min(a.start, int(p.min())), max(a.stop, int(p.max()) + 1))
            for a, p in zip(self._lung_box, place, strict=True)
        )
        if self._nearest is None or any(
            b.start < kept.start or b.stop > kept.stop for b, kept in zip(box, self._nearest[0], strict=True)
        ):
            to_right, to_left = self._distance(right[box]), self._distance(left[box])
            tie = (to_left <= to_right * _TIE) & (to_right <= to_left * _TIE)
            self._nearest = box, np.where(tie, left[box] > right[box], to_left < to_right)
        kept, nearest = self._nearest
        slab, row, column = (p - b.start for p, b in zip(place, kept, strict=True))
        return nearest[slab, row, column]

    def _distance(self, lung: Cells) -> FloatArray:
        """Return the distance in mm of every cell's centre to the nearest cell that holds lung."""
        import edt  # pyright: ignore[reportMissingTypeStubs]

        free = np.ascontiguousarray(lung == 0)
        return edt.edt(free, anisotropy=self._side_mm, black_border=False, parallel=1)  # pyright: ignore


def _box(lung: NDArray[np.bool_]) -> tuple[slice, ...]:
    box = Box.of_mask(lung)
    return (slice(0, 0),) * 3 if box is None else box.slices
