"""The windpipe and the main bronchi of a chest CT, followed slice by slice until they are lost in lung.

Their walls are thicker than a voxel, those of the smaller bronchi are not: what is found ends where a bronchus
enters its lobe, which is where radiologists end the airways when they draw lungs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.types import FloatZyx, HuArray, IndexZyx, MaskArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AIR_HU = -600
_WINDPIPE_MM2 = (50.0, 700.0)
_BRONCHUS_MM2 = (12.0, 900.0)
_GROWTH = 1.9
"""A piece that grows faster than this from slice to slice has run into lung."""
_OFF_MIDDLE_MM = 45.0
_SHORTEST_MM = 25.0


def find_airways(hu: HuArray, spacing_zyx_mm: FloatZyx) -> MaskArray:
    """Return the air in the windpipe and the main bronchi; empty where no windpipe is seen.

    Args:
        hu: (z, y, x) canonical.
        spacing_zyx_mm: Its spacing.
    """
    sections = [_Sections(plane < _AIR_HU, spacing_zyx_mm) for plane in hu]
    middle = _middle(hu)
    best, longest = np.zeros(hu.shape, np.bool_), 0
    tried: set[tuple[int, int]] = set()
    for z in range(len(sections) - 1, -1, -1):
        for piece in sections[z].round_ones(_WINDPIPE_MM2, middle, _OFF_MIDDLE_MM / spacing_zyx_mm[2]):
            if (z, piece) in tried:
                continue
            found, visited = _followed(sections, z, piece, hu.shape)
            tried |= visited
            length = int(found.any(axis=(1, 2)).sum())
            if length > longest:
                best, longest = found, length
    if longest * spacing_zyx_mm[0] < _SHORTEST_MM:
        return np.zeros(hu.shape, np.bool_)
    return best


class _Sections:
    """The pieces of air in one slice: enclosed ones, with area and centre."""

    def __init__(self, air: MaskArray, spacing_zyx_mm: FloatZyx) -> None:
        import cc3d

        pieces, count = cc3d.connected_components(air, connectivity=4, return_N=True)
        self.ids: NDArray[Any] = np.asarray(pieces)
        stats = cc3d.statistics(self.ids)
        self._mm2 = np.asarray(stats["voxel_counts"], np.float64) * spacing_zyx_mm[1] * spacing_zyx_mm[2]
        self._centres = np.asarray(stats["centroids"], np.float64)
        self._boxes = stats["bounding_boxes"]
        self._spacing = spacing_zyx_mm
        self.count = int(count)
        edge = np.unique(np.concatenate([self.ids[0], self.ids[-1], self.ids[:, 0], self.ids[:, -1]]))
        self._open = {int(i) for i in edge}

    def area(self, piece: int) -> float:
        """Return mm²."""
        return float(self._mm2[piece])

    def enclosed(self, piece: int) -> bool:
        """Whether the piece is air inside the body."""
        return piece != 0 and piece not in self._open

    def round_ones(self, mm2: tuple[float, float], middle: float, reach: float) -> list[int]:
        """Return the enclosed, roundish pieces of a size near the column `middle`."""
        found: list[int] = []
        for piece in range(1, self.count + 1):
            if not self.enclosed(piece) or not mm2[0] <= self._mm2[piece] <= mm2[1]:
                continue
            rows, columns = self._boxes[piece][:2]
            tall = (rows.stop - rows.start) * self._spacing[1]
            wide = (columns.stop - columns.start) * self._spacing[2]
            filled = self._mm2[piece] / (math.pi / 4 * tall * wide)
            near = abs(float(self._centres[piece][1]) - middle) <= reach
            if near and filled > 0.75 and 0.5 < tall / wide < 2:
                found.append(piece)
        return found


def _followed(
    sections: list[_Sections], top: int, piece: int, shape: tuple[int, ...]
) -> tuple[MaskArray, set[tuple[int, int]]]:
    """Return the tube below a piece, its branches included, and all pieces it went through."""
    nz, ny, nx = shape
    found = np.zeros((nz, ny, nx), np.bool_)
    visited: set[tuple[int, int]] = set()
    open_ends = {piece}
    for z in range(top, -1, -1):
        here = sections[z]
        found[z] = np.isin(here.ids, list(open_ends))
        visited |= {(z, p) for p in open_ends}
        if z == 0 or not open_ends:
            break
        open_ends = _below(here, sections[z - 1], open_ends)
    return found, visited


def _below(here: _Sections, lower: _Sections, pieces: set[int]) -> set[int]:
    kept: set[int] = set()
    for piece in pieces:
        under = np.unique(lower.ids[here.ids == piece])
        for candidate in (int(p) for p in under):
            area = lower.area(candidate) if candidate else 0.0
            fits = _BRONCHUS_MM2[0] <= area <= min(_BRONCHUS_MM2[1], _GROWTH * here.area(piece) + 60)
            if lower.enclosed(candidate) and fits:
                kept.add(candidate)
    return kept


def _middle(hu: HuArray) -> float:
    """Return the column in the middle of the body."""
    columns = np.flatnonzero((hu > -320).mean(axis=(0, 1)) > 0.05)
    return float(columns.mean()) if columns.size else hu.shape[2] / 2


def carina(airways: MaskArray) -> IndexZyx | None:
    """Return the voxel where the windpipe divides: the lowest slice with one piece below the top, None without one."""
    import cc3d

    slices = np.flatnonzero(airways.any(axis=(1, 2)))
    for z in slices[::-1]:
        _, count = cc3d.connected_components(airways[z], connectivity=4, return_N=True)
        if count > 1:
            y, x = np.argwhere(airways[z]).mean(axis=0)
            return int(z), int(y), int(x)
    return None
