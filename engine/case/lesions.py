"""Counting lesions while they are edited: groups in each slab, joined from slab to slab.

Labelling the whole volume again after every stroke costs a second. Here only the changed slabs are
labelled (in the plane, corners touch); which groups of neighbouring slabs touch is kept per pair of slabs,
and the joining itself is a graph of some thousand nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.core.types import LabelArray


@dataclass(frozen=True)
class _Plane:
    """Groups of one slab: where its voxels are, their group (from 0), and per group its label and size."""

    at: NDArray[np.int32]
    group: NDArray[np.int32]
    label: LabelArray
    size: NDArray[np.int64]


class Lesions:
    """The groups of touching voxels (26 neighbours) of some labels.

    Args:
        slabs: Number of slabs.
        rows: Voxels down a slab.
        columns: Voxels across a slab.
    """

    def __init__(self, slabs: int, rows: int, columns: int) -> None:
        none = np.zeros(0, dtype=np.int32)
        empty = _Plane(none, none, np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64))
        self._planes = [empty] * slabs
        self._joins: list[NDArray[np.int32]] = [np.zeros((0, 2), dtype=np.int32)] * max(slabs - 1, 0)
        self._columns = columns
        # one voxel of margin, so that a neighbour is never across the edge
        self._stride = columns + 2
        self._groups: NDArray[np.int32] = np.full((rows + 2) * self._stride, -1, dtype=np.int32)
        self._ids: LabelArray = np.zeros(rows * columns, dtype=np.uint8)

    def set_slab(self, slab: int, at: NDArray[np.int32], ids: LabelArray) -> None:
        """Label one slab anew. Joins are made later, by :meth:`join`, when all changed slabs are known.

        Args:
            slab: Which one.
            at: (n,) places in the flattened slab, ascending.
            ids: (n,) the labels there.
        """
        import cc3d  # pyright: ignore[reportMissingTypeStubs]

        if at.size == 0:
            self._planes[slab] = _Plane(at, at, ids, np.zeros(0, dtype=np.int64))
            return
        self._ids[at] = ids
        first, last = int(at[0]) // self._columns, int(at[-1]) // self._columns
        start, stop = first * self._columns, (last + 1) * self._columns
        part = self._ids[start:stop].reshape(-1, self._columns)
        groups = np.asarray(cc3d.connected_components(part, connectivity=8))  # pyright: ignore
        self._ids[at] = 0
        group = groups.reshape(-1)[at - start].astype(np.int32) - 1
        label = np.zeros(int(group.max()) + 1, dtype=np.uint8)
        label[group] = ids
        row = at // self._columns
        self._planes[slab] = _Plane(at + row * 2 + self._stride + 1, group, label, np.bincount(group))

    def join(self, slabs: range) -> None:
        """Find again which groups touch across the borders of these slabs."""
        for below in range(max(slabs.start - 1, 0), min(slabs.stop, len(self._planes) - 1)):
            self._joins[below] = self._touching(self._planes[below], self._planes[below + 1])

    def count(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, per label id (256,), the number of groups and the voxels of the largest."""
        from scipy.sparse import coo_array  # pyright: ignore[reportMissingTypeStubs]
        from scipy.sparse.csgraph import connected_components  # pyright: ignore

        sizes = [plane.label.size for plane in self._planes]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        total = int(starts[-1])
        number, largest = np.zeros(256, dtype=np.int64), np.zeros(256, dtype=np.int64)
        if total == 0:
            return number, largest
        pairs = np.concatenate(
            [np.zeros((0, 2), dtype=np.int64)]
            + [joins + starts[k : k + 2] for k, joins in enumerate(self._joins) if joins.size]
        )
        graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(total, total))
        parts = cast(NDArray[np.int32], connected_components(graph, directed=False)[1])  # pyright: ignore
        label = np.zeros(int(parts.max()) + 1, dtype=np.intp)
        label[parts] = np.concatenate([plane.label for plane in self._planes])
        voxels = np.bincount(parts, weights=np.concatenate([plane.size for plane in self._planes])).astype(np.int64)
        number += np.bincount(label, minlength=256)
        np.maximum.at(largest, label, voxels)
        return number, largest

    def _touching(self, one: _Plane, other: _Plane) -> NDArray[np.int32]:
        if one.at.size == 0 or other.at.size == 0:
            return np.zeros((0, 2), dtype=np.int32)
        self._groups[other.at] = other.group
        above = self._groups[one.at]
        # Straight above lies the same label: whatever else of it touches there is of the same group.
        settled = (above >= 0) & (other.label[above] == one.label[one.group])
        found = [_pairs(one.group[settled], above[settled], other.label.size)]
        at, group = one.at[~settled], one.group[~settled]
        for down in (-self._stride, 0, self._stride):
            for across in (-1, 0, 1):
                near = self._groups[at + (down + across)]
                hit = near >= 0
                found.append(_pairs(group[hit], near[hit], other.label.size))
        self._groups[other.at] = -1
        first, second = np.divmod(np.unique(np.concatenate(found)), other.label.size)
        same = one.label[first] == other.label[second]
        return np.stack([first[same], second[same]], axis=1).astype(np.int32)


def _pairs(one: NDArray[np.int32], other: NDArray[np.int32], amount: int) -> NDArray[np.int64]:
    """Return each pair as one number, runs of equal pairs (along a row) once."""
    key = one.astype(np.int64) * amount + other
    new = np.ones(key.size, dtype=np.bool_)
    new[1:] = key[1:] != key[:-1]
    return key[new]
