"""The label map: one label id per voxel, and how many voxels each label has."""

from __future__ import annotations

import weakref

import numpy as np
from numpy.typing import NDArray

from engine.case.snapshot import Snapshot
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
        blank = data is None
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
        self._snapshots: list[weakref.ref[Snapshot]] = []
        # Counting a blank map would touch every page of it: seconds on a large study, for a known answer.
        self._counts = np.zeros(256, dtype=np.int64) if blank else count_ids(self._data)
        if blank:
            self._counts[0] = self._data.size

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

    def snapshot(self) -> Snapshot:
        """Return the ids as they are now, at no cost: `Snapshot.array` copies them, in whatever thread needs them."""
        taken = Snapshot(self._data)
        self._snapshots.append(weakref.ref(taken))
        return taken

    def _keep_for_snapshots(self, box: Box) -> None:
        open_ones = [(ref, taken) for ref in self._snapshots if (taken := ref()) is not None and not taken.done]
        self._snapshots = [ref for ref, _ in open_ones]
        for _, taken in open_ones:
            taken.keep(box.start_zyx[0], box.stop_zyx[0])

    def write(self, box: Box, values: LabelArray, *, shift: NDArray[np.int64] | None = None) -> None:
        """Replace the voxels of a box. For changes only: everything else goes through the history.

        Args:
            box: Inside the grid.
            values: uint8 of the box's shape.
            shift: (256,) voxels each label gains by it, if known already; counted otherwise.
        """
        target = self._data[box.slices]
        if not target.shape == box.shape == values.shape:
            raise GeometryError(
                "A change does not fit the label map.",
                f"Its box is {box.shape}, its values {values.shape}, and {target.shape} voxels lie inside the grid.",
            )
        if shift is None:
            shift = count_ids(values) - count_ids(target)
        self._keep_for_snapshots(box)
        target[...] = values
        self._counts += shift
        self.writes += 1


def count_ids(labels: LabelArray) -> NDArray[np.int64]:
    """Return (256,) voxels per id of a (z, y, x) label array; plane by plane, as bincount widens what it counts."""
    counts = np.zeros(256, dtype=np.int64)
    for plane in labels:
        counts += np.bincount(plane.reshape(-1), minlength=256)
    return counts
