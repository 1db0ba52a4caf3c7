"""What the figures need of one slab of the label map, counted once and kept until the slab changes.

A slab is one plane across the array axis that runs closest to the patient's long axis. After an edit only
the slabs of its box are counted again; everything else is a sum over slabs.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatArray, HuArray, LabelArray
from engine.geometry.hu import AIR

HU_BINS = 128
_HU_BIN_BITS = 4
HU_BIN_WIDTH = 1 << _HU_BIN_BITS
"""Histograms run from −1024 to 1024 HU in bins of 16; what is denser falls into the last one."""


@dataclass(frozen=True)
class Roles:
    """What the label ids of a case stand for.

    Args:
        right: Id of the right lung, 0 if the set has none.
        left: Id of the left lung, 0 if the set has none.
        lung: Ids that are lung tissue: right, left, and an undivided lung.
        involved: Ids that are diseased lung and count as lung: ground-glass, consolidation, infection.
        others: Ids that are neither (effusion, the user's own).
    """

    right: int
    left: int
    lung: tuple[int, ...]
    involved: tuple[int, ...]
    others: tuple[int, ...]

    @property
    def sided(self) -> NDArray[np.bool_]:
        """(256,) true for ids whose side is their nearest lung."""
        table = np.zeros(256, dtype=np.bool_)
        table[[*self.involved, *self.others]] = True
        return table


@dataclass(frozen=True)
class SlabCounts:
    """One slab, counted.

    Args:
        voxels: (256,) per id.
        hu_sum: (256,) sum of HU per id, padding left out.
        hu_voxels: (256,) voxels that entered `hu_sum`.
        lung_hu: (HU_BINS,) histogram of lung with its lesions.
        involved_hu: (HU_BINS,) histogram of ground-glass and consolidation.
        lung_heights: Per lung side (right, left) its voxels' heights in mm, sorted, and (one longer) how many
            voxels lie below each of them.
        label: (n,) id of each group of voxels whose side has to be found.
        cell: (n,) in-plane cell of the group.
        height: (n,) its height in mm along the patient's long axis.
        count: (n,) its voxels.
        right_cells: (cells,) voxels of right lung per in-plane cell.
        left_cells: (cells,) voxels of left lung per in-plane cell.
        lesion_at: (m,) place in the flattened slab of every voxel whose side has to be found.
        lesion_ids: (m,) their ids.
        signature: Changes when any of them moves.
    """

    voxels: NDArray[np.int64]
    hu_sum: FloatArray
    hu_voxels: NDArray[np.int64]
    lung_hu: NDArray[np.int64]
    involved_hu: NDArray[np.int64]
    lung_heights: tuple[tuple[FloatArray, NDArray[np.int64]], tuple[FloatArray, NDArray[np.int64]]]
    label: NDArray[np.uint8]
    cell: NDArray[np.int32]
    height: FloatArray
    count: NDArray[np.int64]
    right_cells: NDArray[np.uint16]
    left_cells: NDArray[np.uint16]
    lesion_at: NDArray[np.int32]
    lesion_ids: LabelArray
    signature: int


class SlabShape:
    """How slabs are cut into cells and how high their voxels lie.

    Args:
        rows: Voxels down a slab.
        columns: Voxels across a slab.
        cell: Side of an in-plane cell in voxels, (down, across).
        height_row: mm per row along the patient's long axis.
        height_column: mm per column.
    """

    def __init__(self, rows: int, columns: int, cell: tuple[int, int], height_row: float, height_column: float) -> None:
        self.rows = rows
        self.columns = columns
        self.cells = (-(-rows // cell[0]), -(-columns // cell[1]))
        row, column = np.arange(rows)[:, None], np.arange(columns)[None, :]
        cells = row // cell[0] * self.cells[1] + column // cell[1]
        self.cell_of: NDArray[np.int32] = cells.astype(np.int32).reshape(-1)
        """(rows × columns,) in-plane cell of every voxel."""
        drift = abs(height_row) * rows + abs(height_column) * columns
        level = drift < 1e-6
        self.height_of: FloatArray | None = None if level else (row * height_row + column * height_column).reshape(-1)
        """Height of every voxel above the slab's first, mm; None where all are at one height (not oblique)."""


def count_slab(slab: LabelArray, hu: HuArray | None, roles: Roles, shape: SlabShape, height: float) -> SlabCounts:
    """Return the counts of one slab.

    Args:
        slab: (rows, columns) ids.
        hu: (rows, columns) HU, or None where there are none.
        roles: What the ids stand for.
        shape: How slabs are cut.
        height: Of the slab's first voxel, mm.
    """
    flat = np.ascontiguousarray(slab).reshape(-1)
    at = np.flatnonzero(flat != 0)  # four times faster than on bytes
    ids = flat[at]
    voxels = np.bincount(ids, minlength=256)
    cell = shape.cell_of[at]
    heights = np.full(1, height) if shape.height_of is None else height + shape.height_of[at]
    level = shape.height_of is None
    hu_sum, hu_voxels, lung_hu, involved_hu = _hu_counts(ids, at, hu, roles)
    sided = roles.sided[ids]
    lesion_at, lesion_ids = at[sided].astype(np.int32), ids[sided]
    label, group_cell, group_height, count = _groups(lesion_ids, cell[sided], heights, sided, level=level)
    amount = shape.cells[0] * shape.cells[1]
    right, left = ids == (roles.right or 256), ids == (roles.left or 256)
    return SlabCounts(
        voxels=voxels,
        hu_sum=hu_sum,
        hu_voxels=hu_voxels,
        lung_hu=lung_hu,
        involved_hu=involved_hu,
        lung_heights=(_heights(right, heights, level=level), _heights(left, heights, level=level)),
        label=label,
        cell=group_cell,
        height=group_height,
        count=count,
        right_cells=np.bincount(cell[right], minlength=amount).astype(np.uint16),
        left_cells=np.bincount(cell[left], minlength=amount).astype(np.uint16),
        lesion_at=lesion_at,
        lesion_ids=lesion_ids,
        signature=zlib.crc32(lesion_at.data, zlib.crc32(lesion_ids.data)),
    )


def _groups(
    ids: LabelArray, cell: NDArray[np.int32], heights: FloatArray, sided: NDArray[np.bool_], *, level: bool
) -> tuple[LabelArray, NDArray[np.int32], FloatArray, NDArray[np.int64]]:
    """Gather the voxels of one id in one cell; where heights differ within a slab every voxel stays alone."""
    if not level:
        return ids, cell, heights[sided], np.ones(ids.size, dtype=np.int64)
    key, count = np.unique(cell * 256 + ids, return_counts=True)
    return (
        (key % 256).astype(np.uint8),
        (key // 256).astype(np.int32),
        np.full(key.size, heights[0]),
        count.astype(np.int64),
    )


def _heights(mask: NDArray[np.bool_], heights: FloatArray, *, level: bool) -> tuple[FloatArray, NDArray[np.int64]]:
    if not level:
        values = np.sort(heights[mask])
        return values, np.arange(values.size + 1)
    amount = int(mask.sum())
    return (heights[:1], np.array([0, amount])) if amount else (heights[:0], np.zeros(1, dtype=np.int64))


def _hu_counts(
    ids: LabelArray, at: NDArray[np.intp], hu: HuArray | None, roles: Roles
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    if hu is None:
        none = np.zeros(256, dtype=np.int64)
        return np.zeros(256), none, none[:HU_BINS], none[:HU_BINS]
    values = np.ascontiguousarray(hu).reshape(-1)[at]
    real = values > AIR  # what no ray has seen says nothing about tissue
    ids, values = ids[real], values[real]
    bins = np.minimum((values.astype(np.int32) - AIR) >> _HU_BIN_BITS, HU_BINS - 1)
    involved = np.zeros(256, dtype=np.bool_)
    involved[list(roles.involved)] = True
    lung = involved.copy()
    lung[list(roles.lung)] = True
    return (
        _sums(ids, values),
        np.bincount(ids, minlength=256),
        np.bincount(bins[lung[ids]], minlength=HU_BINS),
        np.bincount(bins[involved[ids]], minlength=HU_BINS),
    )


def _sums(ids: LabelArray, values: NDArray[Any]) -> FloatArray:
    return np.bincount(ids, weights=values, minlength=256).astype(np.float64)
