"""The part of a CT a network works on: the lung box, at least one window large, at the network's spacing."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.progress import CancelToken
from engine.core.types import FloatZyx, HuArray, IndexZyx
from engine.geometry.box import Box
from engine.geometry.grid import Grid

_SAME = 0.01
"""Spacings that differ by less than this share are taken as they are."""


@dataclass(frozen=True)
class Crop:
    """What to cut out and on which grid to work.

    Args:
        box: In voxels of the canonical volume.
        grid: Of ``volume[box.slices]``.
        work: Grid the network works on; `grid` itself where no resampling is needed.
    """

    box: Box
    grid: Grid
    work: Grid

    @property
    def resampled(self) -> bool:
        """Whether the network works on another grid than the source."""
        return self.work is not self.grid

    def volume(self, hu: HuArray, *, cancel: CancelToken | None = None) -> HuArray:
        """Return the HU the network sees: a view of `hu`, or an array of its own where resampled.

        Args:
            hu: (z, y, x) int16, the whole canonical volume.
            cancel: Looked at once per slab.
        """
        part = hu[self.box.slices]
        if not self.resampled:
            return part
        from engine.geometry.resample import averaged_to

        return averaged_to(part, self.grid, self.work, cancel=cancel)

    def source_box(self, box: Box) -> Box:
        """Return the voxels of the canonical volume that a box of the work grid covers, rounded outwards."""
        start, stop = [], []
        for axis in range(3):
            ratio = self.work.spacing_zyx_mm[axis] / self.grid.spacing_zyx_mm[axis] if self.resampled else 1.0
            start.append(int(box.start_zyx[axis] * ratio) + self.box.start_zyx[axis])
            stop.append(int(-(-box.stop_zyx[axis] * ratio // 1)) + self.box.start_zyx[axis])
        return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])).clipped(self.box.stop_zyx)


def plan_crop(grid: Grid, box: Box, spacing: FloatZyx | None, patch: IndexZyx) -> Crop:
    """Return what to cut out around `box`.

    Args:
        grid: Of the whole canonical volume.
        box: Lungs or body, with their margin.
        spacing: mm (z, y, x) of the network, None to work on the grid as it is; 0 keeps an axis.
        patch: Window; the box grows to it where the volume has the voxels: better than padding.
    """
    if spacing is not None:
        z, y, x = (wanted or own for own, wanted in zip(grid.spacing_zyx_mm, spacing, strict=True))
        spacing = (z, y, x)
    same = spacing is None or all(
        abs(own / wanted - 1) < _SAME for own, wanted in zip(grid.spacing_zyx_mm, spacing, strict=True)
    )
    need = patch
    if spacing is not None and not same:
        z, y, x = (
            int(-(-n * wanted // own)) for n, wanted, own in zip(patch, spacing, grid.spacing_zyx_mm, strict=True)
        )
        need = (z, y, x)
    grown = _at_least(box, need, grid.shape_zyx)
    cropped = grid.crop(grown)
    work = cropped if same or spacing is None else cropped.resized(spacing)
    return Crop(grown, cropped, work)


def _at_least(box: Box, need: IndexZyx, shape: IndexZyx) -> Box:
    start, stop = [], []
    for a, b, n, size in zip(box.start_zyx, box.stop_zyx, need, shape, strict=True):
        lacking = max(0, min(n, size) - (b - a))
        low = max(0, min(a - lacking // 2, size - min(n, size)))
        low = min(low, a)
        start.append(low)
        stop.append(max(b, min(size, low + (b - a) + lacking)))
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
