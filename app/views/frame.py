"""How one plane of a volume lies on the screen: patient right on the left, head (or front) up.

The source may be stored in any of the 48 orders, or obliquely; a pane shows the array axes nearest to
the canonical ones, so nothing is resampled and every pixel on screen is a stored voxel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.model.session import Plane
from engine.core.types import FloatArray, FloatZyx, IndexZyx
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation, letters

Scalar = TypeVar("Scalar", bound=np.generic)

# Canonical axis across the pane, down the pane, along the pane; whether down runs against the axis.
_LAYOUT: dict[Plane, tuple[int, int, int, bool]] = {
    "axial": (0, 1, 2, False),
    "coronal": (1, 0, 2, True),
    "sagittal": (2, 0, 1, True),
}
# The wheel's "up" goes to the head, to the front, to the patient's right.
_UPWARD: dict[Plane, int] = {"axial": 1, "coronal": -1, "sagittal": -1}


@dataclass(frozen=True)
class Patch:
    """Voxels of one pane's slice: half-open rows and columns."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What to index a (rows, columns) array with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.top >= self.bottom or self.left >= self.right

    def union(self, other: Patch) -> Patch:
        """Return the smallest patch that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Patch(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )


@dataclass(frozen=True)
class PlaneFrame:
    """Rows, columns and slices of a plane, and the way to the case's own voxel index and back.

    Args:
        grid: The case's own grid.
        plane: Which plane.
    """

    grid: Grid
    plane: Plane

    @cached_property
    def orientation(self) -> Orientation:
        """The turn from the case's axes to the canonical ones."""
        return Orientation.of(self.grid)

    @cached_property
    def canonical(self) -> Grid:
        """The canonical grid."""
        return self.orientation.grid(self.grid)

    @cached_property
    def _axes(self) -> tuple[int, int, int, bool]:
        return _LAYOUT[self.plane]

    @cached_property
    def ordered(self) -> Grid:
        """The same grid as (slices, rows, columns) of this plane."""
        across, down, along, against = self._axes
        return Orientation((across, down, along), (False, against, False)).grid(self.canonical)

    @cached_property
    def axis(self) -> int:
        """The case's own array axis across the pane."""
        return self.orientation.axes[self._axes[0]]

    @cached_property
    def count(self) -> int:
        """Number of slices."""
        return self.canonical.shape_zyx[self._axes[0]]

    @cached_property
    def rows(self) -> int:
        """Pixels down the slice."""
        return self.canonical.shape_zyx[self._axes[1]]

    @cached_property
    def columns(self) -> int:
        """Pixels along the slice."""
        return self.canonical.shape_zyx[self._axes[2]]

    @cached_property
    def step_mm(self) -> float:
        """Distance of neighbouring slices."""
        return self.canonical.spacing_zyx_mm[self._axes[0]]

    @cached_property
    def row_mm(self) -> float:
        """Height of a pixel."""
        return self.canonical.spacing_zyx_mm[self._axes[1]]

    @cached_property
    def column_mm(self) -> float:
        """Width of a pixel."""
        return self.canonical.spacing_zyx_mm[self._axes[2]]

    @cached_property
    def upward(self) -> int:
        """Step of the slice number that the wheel's “up” means, 1 or −1."""
        return _UPWARD[self.plane]

    def slab_of(self, array: NDArray[Scalar], start: int, stop: int) -> NDArray[Scalar]:
        """Return slices [start, stop) of a (z, y, x) array of the case, (slices, rows, columns), a view."""
        across, down, along, against = self._axes
        turned = self.orientation.apply(array).transpose((across, down, along))[start:stop]
        return turned[:, ::-1] if against else turned

    def slice_of(self, array: NDArray[Scalar], index: int) -> NDArray[Scalar]:
        """Return one slice of a (z, y, x) array of the case, (rows, columns), a view."""
        return self.slab_of(array, index, index + 1)[0]

    def to_case(self, index: float, row: float, column: float) -> FloatZyx:
        """Return the case's own continuous voxel index of a place on a slice."""
        across, down, along, against = self._axes
        point = [0.0, 0.0, 0.0]
        point[across], point[along] = index, column
        point[down] = self.rows - 1 - row if against else row
        own = [0.0, 0.0, 0.0]
        for k, (axis, flip) in enumerate(zip(self.orientation.axes, self.orientation.flips, strict=True)):
            own[axis] = self.canonical.shape_zyx[k] - 1 - point[k] if flip else point[k]
        return (own[0], own[1], own[2])

    def from_case(self, index_zyx: FloatZyx | IndexZyx) -> FloatZyx:
        """Return (slice, row, column) of a continuous voxel index of the case."""
        # As Orientation.index_to_canonical, without arrays: a dozen calls a wheel step.
        (i, a, p), (j, b, q), (k, c, r) = self._turn
        return (p + a * index_zyx[i], q + b * index_zyx[j], r + c * index_zyx[k])

    @cached_property
    def _turn(self) -> tuple[tuple[int, int, float], ...]:
        """For slice, row and column: the case's own axis, 1 or −1 along it, and where its first voxel lies."""
        across, down, along, against = self._axes
        turn: list[tuple[int, int, float]] = []
        for k in (across, down, along):
            backwards = self.orientation.flips[k] != (k == down and against)
            last = float(self.canonical.shape_zyx[k] - 1)
            turn.append((self.orientation.axes[k], -1 if backwards else 1, last if backwards else 0.0))
        return tuple(turn)

    def patch_of(self, box: Box) -> tuple[range, Patch]:
        """Return the slices a box of the case touches and the patch it covers on each."""
        box = box.clipped(self.grid.shape_zyx)
        if box.empty:
            return range(0), Patch(0, 0, 0, 0)
        last: Any = tuple(v - 1 for v in box.stop_zyx)
        first, other = self.from_case(box.start_zyx), self.from_case(last)
        low = [round(min(a, b)) for a, b in zip(first, other, strict=True)]
        high = [round(max(a, b)) + 1 for a, b in zip(first, other, strict=True)]
        return range(low[0], high[0]), Patch(low[1], high[1], low[2], high[2])

    @cached_property
    def edge_letters(self) -> tuple[str, str, str, str]:
        """Letters for the left, top, right and bottom edge, from the direction cosines."""
        along, down = self._step(2), self._step(1)
        return letters(-along), letters(-down), letters(along), letters(down)

    def position(self, index: int) -> tuple[str, float]:
        """Return where a slice lies: the letter of the side and the distance from the origin in mm."""
        known = self._positions.get(index)
        if known is None:
            known = self._positions[index] = self._position(index)
        return known

    @cached_property
    def _positions(self) -> dict[int, tuple[str, float]]:
        return {}

    def _position(self, index: int) -> tuple[str, float]:
        normal = np.array(self.canonical.direction[self._axes[0]])
        centre = [(n - 1) / 2 for n in self.canonical.shape_zyx]
        centre[self._axes[0]] = index
        mm = float(self.canonical.to_lps(centre) @ normal)
        return self._normal_letters[mm < 0], abs(mm)

    @cached_property
    def _normal_letters(self) -> tuple[str, str]:
        normal = np.array(self.canonical.direction[self._axes[0]])
        return letters(normal), letters(-normal)

    def on_slice(self, points_zyx: tuple[FloatZyx, ...]) -> tuple[FloatArray, FloatArray]:
        """Return rows and columns of continuous voxel indices of the case, whichever slice they lie on."""
        points = np.array(points_zyx, dtype=np.float64).reshape(-1, 3)
        _, (j, b, q), (k, c, r) = self._turn
        return q + b * points[:, j], r + c * points[:, k]

    def _step(self, which: int) -> FloatArray:
        _, down, along, against = self._axes
        if which == 2:
            return np.array(self.canonical.direction[along])
        step = np.array(self.canonical.direction[down])
        return -step if against else step
