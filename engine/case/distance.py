"""A distance the person measured, in voxels of its slice and millimetres of the patient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.errors import FormatError
from engine.core.types import FloatZyx
from engine.geometry.grid import Grid


@dataclass(frozen=True)
class Distance:
    """A straight line in one slice.

    Args:
        start_zyx: One end, continuous voxel index.
        end_zyx: The other.
        axis: Array axis across the slice it was drawn in.
    """

    start_zyx: FloatZyx
    end_zyx: FloatZyx
    axis: int

    def mm(self, grid: Grid) -> float:
        """Return its length in the patient."""
        ends = grid.to_lps([self.start_zyx, self.end_zyx])
        return float(np.linalg.norm(ends[1] - ends[0]))

    @property
    def slice_index(self) -> int:
        """Which slice along `axis` it lies in."""
        return math.floor(self.start_zyx[self.axis] + 0.5)

    def as_list(self) -> list[float]:
        """Return plain data for JSON."""
        return [*self.start_zyx, *self.end_zyx, float(self.axis)]

    @classmethod
    def from_list(cls, values: Sequence[float]) -> Distance:
        """Return what `as_list` gave.

        Raises:
            FormatError: it is something else.
        """
        try:
            z0, y0, x0, z1, y1, x1, axis = (float(v) for v in values)
        except (TypeError, ValueError) as error:
            raise FormatError("A measured distance cannot be read.", "Seven numbers are needed.") from error
        if int(axis) not in (0, 1, 2) or not all(map(math.isfinite, (z0, y0, x0, z1, y1, x1))):
            raise FormatError("A measured distance cannot be read.", f"It holds {list(values)}.")
        return cls((z0, y0, x0), (z1, y1, x1), int(axis))


def distances_from(rows: Sequence[Sequence[float]]) -> tuple[Distance, ...]:
    """Return the distances in a list of lists.

    Raises:
        FormatError: it is something else.
    """
    return tuple(Distance.from_list(row) for row in rows)
