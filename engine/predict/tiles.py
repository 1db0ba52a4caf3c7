"""Where the windows of a sliding prediction lie: evenly spread, never over the edge of a volume large enough.

*Source*: the number of steps is that of nnU-Net, ceil((size − tile) / step) + 1, spread evenly, so that every
overlap is at least the one asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

from engine.core.errors import InputError
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.box import Box


def steps(size: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Return where the windows start along one axis; (0,) where `size` is not larger than `tile`."""
    if size <= tile:
        return (0,)
    count = ceil((size - tile) / max(1.0, tile * (1 - overlap)) - 1e-9) + 1
    return tuple(floor(i * (size - tile) / (count - 1) + 0.5) for i in range(count))


@dataclass(frozen=True)
class Plan:
    """All windows over a volume.

    Args:
        shape: Of the volume, (z, y, x).
        tile: Window, (z, y, x).
        starts: Per axis, ascending.
    """

    shape: IndexZyx
    tile: IndexZyx
    starts: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]

    @property
    def padded(self) -> IndexZyx:
        """The volume's shape, at least one window large."""
        z, y, x = (max(n, t) for n, t in zip(self.shape, self.tile, strict=True))
        return z, y, x

    def __len__(self) -> int:
        z, y, x = self.starts
        return len(z) * len(y) * len(x)

    def layers(self) -> Iterator[tuple[int, list[Box], int]]:
        """Yield per layer its first slice, its windows, and the first slice that later layers still touch."""
        zs, ys, xs = self.starts
        for i, z in enumerate(zs):
            boxes = [Box((z, y, x), (z + self.tile[0], y + self.tile[1], x + self.tile[2])) for y in ys for x in xs]
            yield z, boxes, zs[i + 1] if i + 1 < len(zs) else self.padded[0]


def plan(shape: IndexZyx, tile: IndexZyx, overlap: float | FloatZyx = 0.25) -> Plan:
    """Return the windows over a volume.

    Args:
        shape: Of the volume, (z, y, x); may be smaller than the window.
        tile: Window, (z, y, x).
        overlap: Least share of a window that its neighbour covers too, 0 … 0.9; one for all axes or one each.

    Raises:
        InputError: the overlap is out of range.
    """
    each = (overlap,) * 3 if isinstance(overlap, int | float) else overlap
    if not all(0 <= share <= 0.9 for share in each):
        raise InputError(f"An overlap of {overlap} is not possible.", "It runs from 0 to 0.9.", "0.25 is usual.")
    z, y, x = (steps(n, t, share) for n, t, share in zip(shape, tile, each, strict=True))
    return Plan(shape, tile, (z, y, x))
