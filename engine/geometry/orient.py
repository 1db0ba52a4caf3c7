"""Which way the array axes point, and the exact turn to the canonical order and back.

Canonical: array axis z runs towards the head, y to the back, x to the patient's left. A network sees
only canonical arrays; the inverse is exact (axes are permuted and flipped, never interpolated).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.types import FloatArray, IndexZyx
from engine.geometry.grid import Direction, Grid

Scalar = TypeVar("Scalar", bound=np.generic)

_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
_OBLIQUE = np.sin(np.radians(5.0))  # below 5° a second letter only distracts


@dataclass(frozen=True)
class Orientation:
    """The permutation and flips from a grid's array axes to the canonical ones.

    Args:
        axes: Canonical axis k is the grid's array axis ``axes[k]``.
        flips: Whether that axis runs the other way.
    """

    axes: IndexZyx
    flips: tuple[bool, bool, bool]

    @classmethod
    def of(cls, grid: Grid) -> Orientation:
        """Return the turn whose result lies closest to the canonical axes (also for oblique grids)."""
        rows = np.array(grid.direction)
        # cosine[k, a]: how much array axis a runs along canonical axis k (S, P, L).
        cosine = np.stack([rows[:, 2], rows[:, 1], rows[:, 0]])
        best = max(permutations(range(3)), key=lambda p: sum(abs(cosine[k, p[k]]) for k in range(3)))
        z, y, x = best
        flips = (bool(cosine[0, z] < 0), bool(cosine[1, y] < 0), bool(cosine[2, x] < 0))
        return cls((z, y, x), flips)

    @property
    def is_identity(self) -> bool:
        """Whether the array is canonical already."""
        return self.axes == (0, 1, 2) and not any(self.flips)

    def apply(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a canonical view of a (z, y, x) array of the grid (no copy)."""
        turned = array.transpose(self.axes)
        return turned[tuple(slice(None, None, -1) if f else slice(None) for f in self.flips)]

    def invert(self, array: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a view in the grid's own order of a canonical array (no copy)."""
        unflipped = array[tuple(slice(None, None, -1) if f else slice(None) for f in self.flips)]
        z, y, x = (self.axes.index(k) for k in range(3))
        return unflipped.transpose((z, y, x))

    def grid(self, grid: Grid) -> Grid:
        """Return the grid of ``apply(array)``: every voxel stays at its place in the patient."""
        rows = np.array(grid.direction)
        first = [0.0, 0.0, 0.0]
        signs = np.ones(3)
        for k, axis in enumerate(self.axes):
            if self.flips[k]:
                first[axis] = grid.shape_zyx[axis] - 1
                signs[k] = -1
        turned = rows[list(self.axes)] * signs[:, None]
        left, posterior, superior = grid.to_lps(first)
        z, y, x = self.axes
        return replace(
            grid,
            shape_zyx=(grid.shape_zyx[z], grid.shape_zyx[y], grid.shape_zyx[x]),
            spacing_zyx_mm=(grid.spacing_zyx_mm[z], grid.spacing_zyx_mm[y], grid.spacing_zyx_mm[x]),
            origin_lps=(float(left), float(posterior), float(superior)),
            direction=_rows(turned),
        )

    def index_to_canonical(self, index_zyx: ArrayLike, shape_zyx: IndexZyx) -> FloatArray:
        """Return canonical indices (..., 3) of the grid's own indices; `shape_zyx` is the grid's own."""
        index = np.asarray(index_zyx, dtype=np.float64)[..., list(self.axes)]
        last = np.array([shape_zyx[a] - 1 for a in self.axes], dtype=np.float64)
        return np.where(self.flips, last - index, index)

    def index_from_canonical(self, index_zyx: ArrayLike, shape_zyx: IndexZyx) -> FloatArray:
        """Return the grid's own indices (..., 3) of canonical indices; `shape_zyx` is the grid's own."""
        last = np.array([shape_zyx[a] - 1 for a in self.axes], dtype=np.float64)
        index = np.asarray(index_zyx, dtype=np.float64)
        unflipped = np.where(self.flips, last - index, index)
        return unflipped[..., [self.axes.index(k) for k in range(3)]]


def letters(vector_lps: ArrayLike) -> str:
    """Return where a direction points: ``"L"``, ``"P"``, ``"H"``…, combined for oblique ones (``"LA"``).

    Args:
        vector_lps: (3,) direction in LPS, any length.
    """
    vector = np.asarray(vector_lps, dtype=np.float64)
    length = float(np.linalg.norm(vector))
    if length == 0:
        return ""
    cosines = vector / length
    order: list[int] = np.argsort(-np.abs(cosines), kind="stable").tolist()
    return "".join(_LETTERS[a][0 if cosines[a] > 0 else 1] for a in order if abs(cosines[a]) > _OBLIQUE)


def _rows(matrix: FloatArray) -> Direction:
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return ((a, b, c), (d, e, f), (g, h, i))
