"""Half-open boxes of voxels, (z, y, x)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import IndexZyx, MaskArray


@dataclass(frozen=True)
class Box:
    """Voxels with ``start <= index < stop`` on every axis.

    Args:
        start_zyx: First index inside.
        stop_zyx: First index outside.
    """

    start_zyx: IndexZyx
    stop_zyx: IndexZyx

    @classmethod
    def whole(cls, shape_zyx: IndexZyx) -> Box:
        """Return the box of a whole array."""
        return cls((0, 0, 0), shape_zyx)

    @classmethod
    def of_mask(cls, mask: MaskArray) -> Box | None:
        """Return the smallest box around the true voxels of a (z, y, x) mask, or None if there are none."""
        z = np.flatnonzero(mask.any(axis=(1, 2)))
        if z.size == 0:
            return None
        # Flat in z first: what is left to look at is one picture.
        flat = np.asarray(mask[z[0] : z[-1] + 1].any(axis=0))
        y, x = np.flatnonzero(np.any(flat, axis=1)), np.flatnonzero(np.any(flat, axis=0))
        return cls((int(z[0]), int(y[0]), int(x[0])), (int(z[-1]) + 1, int(y[-1]) + 1, int(x[-1]) + 1))

    @property
    def shape(self) -> IndexZyx:
        """Voxels per axis, never negative."""
        # written out, here and in `clipped`: a stroke of the brush asks a few hundred times a second
        (z0, y0, x0), (z1, y1, x1) = self.start_zyx, self.stop_zyx
        return (max(0, z1 - z0), max(0, y1 - y0), max(0, x1 - x0))

    @property
    def size(self) -> int:
        """Number of voxels inside."""
        z, y, x = self.shape
        return z * y * x

    @property
    def empty(self) -> bool:
        """Whether no voxel is inside."""
        return self.size == 0

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """What to index a (z, y, x) array with."""
        (z0, y0, x0), (z1, y1, x1) = self.start_zyx, self.stop_zyx
        return slice(z0, z1), slice(y0, y1), slice(x0, x1)

    def clipped(self, shape_zyx: IndexZyx) -> Box:
        """Return the part inside an array of `shape_zyx`; empty where they do not meet."""
        (z0, y0, x0), (z1, y1, x1), (nz, ny, nx) = self.start_zyx, self.stop_zyx, shape_zyx
        z0, y0, x0 = min(max(0, z0), nz), min(max(0, y0), ny), min(max(0, x0), nx)
        return Box((z0, y0, x0), (max(z0, min(z1, nz)), max(y0, min(y1, ny)), max(x0, min(x1, nx))))

    def padded(self, voxels: int | IndexZyx) -> Box:
        """Return the box grown by `voxels` on every side (negative: shrunk)."""
        dz, dy, dx = (voxels, voxels, voxels) if isinstance(voxels, int) else voxels
        (z0, y0, x0), (z1, y1, x1) = self.start_zyx, self.stop_zyx
        return Box((z0 - dz, y0 - dy, x0 - dx), (z1 + dz, y1 + dy, x1 + dx))

    def union(self, other: Box) -> Box:
        """Return the smallest box that holds both; an empty one adds nothing."""
        if self.empty:
            return other
        if other.empty:
            return self
        z0, y0, x0 = (min(a, b) for a, b in zip(self.start_zyx, other.start_zyx, strict=True))
        z1, y1, x1 = (max(a, b) for a, b in zip(self.stop_zyx, other.stop_zyx, strict=True))
        return Box((z0, y0, x0), (z1, y1, x1))

    def intersection(self, other: Box) -> Box:
        """Return the voxels in both, possibly none."""
        z0, y0, x0 = (max(a, b) for a, b in zip(self.start_zyx, other.start_zyx, strict=True))
        z1, y1, x1 = (min(a, b) for a, b in zip(self.stop_zyx, other.stop_zyx, strict=True))
        return Box((z0, y0, x0), (max(z0, z1), max(y0, y1), max(x0, x1)))

    def without(self, other: Box) -> list[Box]:
        """Return up to six boxes that together hold every voxel of this box outside `other`, each once."""
        if self.intersection(other).empty:
            return [] if self.empty else [self]
        parts: list[Box] = []
        start, stop = list(self.start_zyx), list(self.stop_zyx)
        for axis in range(3):
            below, above = list(stop), list(start)
            below[axis] = max(start[axis], other.start_zyx[axis])
            above[axis] = min(stop[axis], other.stop_zyx[axis])
            parts.append(Box(_three(start), _three(below)))
            parts.append(Box(_three(above), _three(stop)))
            start[axis], stop[axis] = below[axis], above[axis]
        return [part for part in parts if not part.empty]

    def contains(self, index_zyx: IndexZyx) -> bool:
        """Whether a voxel lies inside."""
        return all(a <= i < b for a, i, b in zip(self.start_zyx, index_zyx, self.stop_zyx, strict=True))


def _three(values: list[int]) -> IndexZyx:
    z, y, x = values
    return (z, y, x)
