"""The label map: one label id per voxel, and how many voxels each label has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GeometryError
from engine.core.types import LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid


class LabelMap:
    """Label ids on a grid. Only a change (see `engine.case.delta`) writes to it.

    Args:
        grid: The grid of the volume it belongs to.
        data: (z, y, x) uint8 ids, or None for all background. It is not copied.
    """

    def __init__(self, grid: Grid, data: LabelArray | None = None) -> None:
        if data is None:
            data = np.zeros(grid.shape_zyx, dtype=np.uint8)
        if data.shape != grid.shape_zyx or data.dtype != np.uint8:
            raise GeometryError(
                "Label map and grid do not fit each other.",
                f"The array is {data.dtype} {data.shape}, the grid uint8 {grid.shape_zyx}.",
            )
        self.grid = grid
        self._data = np.ascontiguousarray(data)
        self.writes = 0
        """How often `write` was called: whoever works on a copy sees that it is out of date."""
        self._counts = np.bincount(self._data.reshape(-1), minlength=256).astype(np.int64)

    @property
    def data(self) -> LabelArray:
        """(z, y, x) uint8 ids, a read-only view."""
        view = self._data.view()
        view.flags.writeable = False
        return view

    @property
    def counts(self) -> NDArray[np.int64]:
        """(256,) voxels per label id, kept up to date with every write; a copy."""
        return self._counts.copy()

    def ml(self, label_id: int) -> float:
        """Return the volume of a label in millilitres."""
        return float(self._counts[label_id]) * self.grid.voxel_ml

    def write(self, box: Box, values: LabelArray) -> None:
        """Replace the voxels of a box. For changes only: everything else goes through the history.

        Args:
            box: Inside the grid.
            values: uint8 of the box's shape.
        """
        target = self._data[box.slices]
        before = np.bincount(target.reshape(-1), minlength=256)
        after = np.bincount(values.reshape(-1), minlength=256)
        target[...] = values
        self._counts += after - before
        self.writes += 1
