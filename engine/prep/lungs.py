"""Where the lungs are, found by their air alone: the box a network has to look at, and what it may skip.

Source: networks specification §10.1. Tissue is above −320 HU; the body is its largest piece; the lungs are air that
tissue encloses in its slice within the body; small and far pieces (bowel gas) are dropped; gaps up to 10 mm are closed;
the box gets 16 mm more, and 32 mm towards the feet, where consolidation and fluid hide the lowest lung.

All of it runs on every n-th voxel, about 3 mm apart. Works on whole bodies, slabs and single slices, and where the
picture's edge cuts the lung. Arrays are canonical: z to the head, y to the back, x to the patient's left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from engine.core.types import HuArray, IndexZyx, LabelArray, MaskArray
from engine.geometry.box import Box
from engine.prep.cut_faces import cut_faces
from engine.prep.sides import fill_sides, split_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from engine.geometry.grid import Grid

TISSUE_HU = -320
GAS_HU = -960  # and below: the room, the windpipe, the padding of a picture, and the bullae of a lung
WORK_MM = 3.0
CLOSE_MM = 10.0
MARGIN_MM = 16.0
BELOW_MM = 32.0
NEAR_MM = 10.0
_ENOUGH_ML = 1000.0
_CHEST_MM = 250.0
_ENOUGH_OF_BODY = 0.15
"""Air that tissue encloses, by volume of the tissue: 0.2 to 0.4 in a child's chest, less than 0.05 in head or belly."""
_LUNG_HU = (-970.0, -350.0)
"""Median of a piece of air that touches the edge and is lung all the same; room air is −1000."""
_DENSE_HU = (-965, -350)  # between gas (−1000, in windpipe and bowel) and the blurred skin of tissue

Scalar = TypeVar("Scalar", bound=np.generic)
Kind = Literal["lungs", "cropped", "body", "whole"]


@dataclass(frozen=True, eq=False)
class Lungs:
    """What was found.

    Args:
        kind: ``"lungs"`` found; ``"cropped"`` found, though the picture cuts them at its edge; ``"body"`` too
            little air, the box holds the body; ``"whole"`` no body either.
        box: What to look at, in voxels of the volume, clipped to it.
        step: The coarse arrays hold every n-th voxel, (z, y, x).
        mask: (z, y, x) coarse: lung with its gaps closed.
        near: (z, y, x) coarse: within 10 mm of it (32 mm below); everything unless the lungs were found whole.
        sides: (z, y, x) coarse: 1 right, 2 left, everywhere: the side of the nearest lung.
        air_ml: Air in the lungs, windpipe included; 0 unless they were found.
        cut: Faces of the volume that lung touches, ``"head"``, ``"feet"``, ``"left"`` …, each with its cm² of lung.
        dense_ml: The part of the air that has the density of lung, also where it was too little to be taken for one.
        body_ml: Tissue of the body.
    """

    kind: Kind
    box: Box
    step: IndexZyx
    mask: MaskArray
    near: MaskArray
    sides: LabelArray
    air_ml: float
    cut: Mapping[str, float] = field(default_factory=dict[str, float])
    dense_ml: float = 0.0
    body_ml: float = 0.0

    def is_near(self, box: Box) -> bool:
        """Whether any voxel of `box` (voxels of the volume) lies near lung."""
        return bool(self.near[self._coarse(box)].any())

    def sides_on(self, box: Box) -> LabelArray:
        """Return the side (1 right, 2 left) of every voxel of `box`."""
        return _pick(self.sides, self.step, box)

    def mask_on(self, box: Box, every: IndexZyx = (1, 1, 1)) -> MaskArray:
        """Return which voxels of `box` are lung by its air, or of its every n-th voxel."""
        return _pick(self.mask, self.step, box, every)

    def near_on(self, box: Box) -> MaskArray:
        """Return which voxels of `box` lie near lung."""
        return _pick(self.near, self.step, box)

    def _coarse(self, box: Box) -> tuple[slice, slice, slice]:
        z, y, x = (
            slice(max(0, a) // n, max(max(0, a) // n + 1, -(-b // n)))
            for a, b, n in zip(box.start_zyx, box.stop_zyx, self.step, strict=True)
        )
        return z, y, x


def find_lungs(hu: HuArray, grid: Grid, look: Callable[[], None] = lambda: None) -> Lungs:
    """Return where the lungs of a canonical volume are. Never fails: without lungs the body, else everything.

    Args:
        hu: (z, y, x) int16, canonical order; only read.
        grid: Its grid.
        look: Called between the steps, several times a second; may raise to stop.
    """
    step = _steps(grid)
    coarse = np.ascontiguousarray(hu[:: step[0], :: step[1], :: step[2]])
    spacing = np.array(grid.spacing_zyx_mm) * step
    voxel_ml = float(np.prod(spacing)) / 1000
    tissue = coarse > TISSUE_HU
    body = _largest(tissue)
    enclosed, open_air = _air(tissue | body, coarse)
    look()
    lung, kind = _choose(enclosed, open_air, body, coarse, voxel_ml, float(coarse.shape[0] * spacing[0]))
    dense = float((lung & (coarse > _DENSE_HU[0]) & (coarse < _DENSE_HU[1])).sum()) * voxel_ml
    air_ml, body_ml = float(lung.sum()) * voxel_ml, float(body.sum()) * voxel_ml
    if kind in {"body", "whole"}:
        return replace(_without_lungs(kind, body, hu.shape, step, spacing), dense_ml=dense, body_ml=body_ml)
    look()
    closed = _closed(lung, spacing)
    sides = fill_sides(split_sides(closed, spacing, body), spacing)
    look()
    near = _lowered(_grown(closed, spacing, NEAR_MM), round(BELOW_MM / spacing[0]))
    if kind == "cropped":  # skip nothing
        near = np.ones_like(closed)
    # What was open to the edge is found roughly: a wider margin.
    box = _box_around(lung, body, spacing, step, hu.shape, MARGIN_MM * (2 if kind == "cropped" else 1))
    cut = cut_faces(lung, body, coarse, spacing)
    return Lungs(kind, box, step, closed, near, sides, air_ml, cut, dense, body_ml)


def _steps(grid: Grid) -> IndexZyx:
    z, y, x = (max(1, int(WORK_MM / s + 0.5)) for s in grid.spacing_zyx_mm)
    return z, y, x


def _largest(mask: MaskArray) -> MaskArray:
    import cc3d

    if not mask.any():
        return mask
    return np.asarray(cc3d.largest_k(mask, k=1, connectivity=6) > 0)


def _air(tissue: MaskArray, coarse: HuArray) -> tuple[MaskArray, MaskArray]:
    """Return the air that tissue encloses within its slice, and the air open to the edge of the picture."""
    import cc3d

    air = ~tissue
    enclosed = np.zeros_like(air)
    for z in range(air.shape[0]):
        pieces = cc3d.connected_components(air[z], connectivity=4)
        edge = np.zeros(int(pieces.max()) + 1, dtype=bool)
        for line in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
            edge[line] = True
        edge[0] = True
        enclosed[z] = ~edge[pieces]
    return enclosed, air & ~enclosed & (coarse > -1020)


def _choose(
    enclosed: MaskArray, open_air: MaskArray, body: MaskArray, coarse: HuArray, voxel_ml: float, height_mm: float
) -> tuple[MaskArray, Kind]:
    """Return the lung and how it was found."""
    adult = _ENOUGH_ML * min(1.0, height_mm / _CHEST_MM)
    child = _ENOUGH_OF_BODY * float(body.sum()) * voxel_ml if body.any() else adult
    # The foam of a table, in its shell or cut by the picture's edge, has lung's density too, but lies behind the body.
    within = _within(body)
    lung = _chest_pieces(enclosed & within, voxel_ml)
    like = _lung_like(open_air & within, coarse, voxel_ml)
    joined = _with_large(_reaching(lung, like), like) if lung.any() else like
    found, size = int(lung.sum()), int(joined.sum())
    if size * voxel_ml >= adult or found * voxel_ml >= child:
        return joined, "lungs" if size <= 1.02 * found else "cropped"
    return lung, "body" if bool((coarse > TISSUE_HU).any()) else "whole"


def _within(body: MaskArray) -> MaskArray:
    """Return what lies between two voxels of the body in its row or its column."""
    span = np.zeros_like(body)
    for axis in (1, 2):
        before = np.logical_or.accumulate(body, axis=axis)
        after = np.flip(np.logical_or.accumulate(np.flip(body, axis), axis=axis), axis)
        span |= before & after
    return span


def _reaching(lung: MaskArray, like: MaskArray) -> MaskArray:
    """Return the lung with what continues it where the picture's edge opens the chest."""
    import cc3d

    if not like.any():
        return lung
    pieces, count = cc3d.connected_components(lung | like, connectivity=6, return_N=True)
    keep = np.zeros(count + 1, dtype=bool)
    keep[pieces[lung]] = True
    return keep[pieces]


def _with_large(lung: MaskArray, like: MaskArray) -> MaskArray:
    """Return the lung with every open piece of at least a quarter of its size: the other lung, cut open."""
    import cc3d
    from scipy import ndimage

    # At least five voxels thick: the blurred skin of the body has lung's density too.
    rest = ndimage.binary_opening(like & ~lung, np.ones((1, 5, 5), dtype=bool))
    pieces, count = cc3d.connected_components(rest, connectivity=6, return_N=True)
    if count == 0:
        return lung
    keep = np.asarray(cc3d.statistics(pieces)["voxel_counts"]) >= 0.25 * int(lung.sum())
    keep[0] = False
    return lung | keep[pieces]


def _chest_pieces(enclosed: MaskArray, voxel_ml: float) -> MaskArray:
    """Return the largest piece of air and those beside it; what lies above or below (bowel) is dropped."""
    import cc3d

    pieces, count = cc3d.connected_components(enclosed, connectivity=6, return_N=True)
    if count == 0:
        return enclosed
    stats = cc3d.statistics(pieces)
    sizes = np.asarray(stats["voxel_counts"], dtype=np.int64).copy()
    sizes[0] = 0
    main = int(sizes.argmax())
    least = max(0.01 * sizes[main], 5.0 / voxel_ml)
    low, high = _extent(stats, main)
    keep = np.zeros(count + 1, dtype=bool)
    for piece in range(1, count + 1):
        bottom, top = _extent(stats, piece)
        beside = min(top, high) - max(bottom, low)
        keep[piece] = piece == main or (sizes[piece] >= least and beside >= 0.5 * (top - bottom))
    return keep[pieces]


def _extent(stats: Mapping[str, Any], piece: int) -> tuple[int, int]:
    z = stats["bounding_boxes"][piece][0]
    return int(z.start), int(z.stop)


def _lung_like(open_air: MaskArray, coarse: HuArray, voxel_ml: float) -> MaskArray:
    """Return the pieces of open air whose density is that of lung: the picture's edge cuts the chest."""
    import cc3d
    from scipy import ndimage

    # Lung and room air may touch through a hole in a thin wall; voxel by voxel they differ.
    smooth = coarse.astype(np.float32)
    for axis in (1, 2):
        smooth = ndimage.uniform_filter1d(smooth, 3, axis=axis)
    like = open_air & (smooth > _LUNG_HU[0]) & (smooth < _LUNG_HU[1])
    like = np.asarray(ndimage.binary_opening(like, np.ones((1, 3, 3), dtype=bool)), dtype=np.bool_)
    pieces, count = cc3d.connected_components(like, connectivity=6, return_N=True)
    if count == 0:
        return like
    sizes = np.asarray(cc3d.statistics(pieces)["voxel_counts"])
    keep = sizes * voxel_ml >= 10.0
    keep[0] = False
    return keep[pieces]


def _closed(lung: MaskArray, spacing: NDArray[np.float64]) -> MaskArray:
    """Close gaps up to 10 mm: dilate, then erode by the same distance."""
    import edt

    room = [int(np.ceil(CLOSE_MM / s)) + 1 for s in spacing]
    wide = np.pad(lung, [(r, r) for r in room])
    wide = _grown(wide, spacing, CLOSE_MM)
    inner = edt.edt(wide, anisotropy=tuple(float(s) for s in spacing), black_border=False, parallel=1) > CLOSE_MM
    z, y, x = (slice(r, r + n) for r, n in zip(room, lung.shape, strict=True))
    return np.asarray(inner[z, y, x] | lung)


def _grown(mask: MaskArray, spacing: NDArray[np.float64], mm: float) -> MaskArray:
    import edt

    if not mask.any():
        return mask
    away = edt.edt(~mask, anisotropy=tuple(float(s) for s in spacing), black_border=False, parallel=1)
    return np.asarray(away <= mm)


def _lowered(mask: MaskArray, voxels: int) -> MaskArray:
    """Return `mask` drawn out towards the feet."""
    out = mask.copy()
    for down in range(1, min(voxels, mask.shape[0] - 1) + 1):
        out[:-down] |= mask[down:]
    return out


def _box_around(
    lung: MaskArray,
    body: MaskArray,
    spacing: NDArray[np.float64],
    step: IndexZyx,
    shape: tuple[int, ...],
    margin_mm: float,
) -> Box:
    found = Box.of_mask(lung) or Box.whole(lung.shape)
    x0, x1 = _both_sides(lung, body, found)
    margin = [int(np.ceil(margin_mm / s)) for s in spacing]
    below = int(np.ceil(BELOW_MM / spacing[0]))
    (z0, y0, _), (z1, y1, _) = found.start_zyx, found.stop_zyx
    start = (z0 - below, y0 - margin[1], x0 - margin[2])
    stop = (z1 + margin[0], y1 + margin[1], x1 + margin[2])
    grown = Box(
        (start[0] * step[0], start[1] * step[1], start[2] * step[2]),
        (stop[0] * step[0], stop[1] * step[1], stop[2] * step[2]),
    )
    return grown.clipped((shape[0], shape[1], shape[2]))


def _both_sides(lung: MaskArray, body: MaskArray, found: Box) -> tuple[int, int]:
    """Return the x range; mirrored about the body's middle where one lung has hardly any air (white-out)."""
    x0, x1 = found.start_zyx[2], found.stop_zyx[2]
    columns = np.flatnonzero(body[found.start_zyx[0] : found.stop_zyx[0]].any(axis=(0, 1)))
    if columns.size == 0:
        return x0, x1
    twice = int(columns[0] + columns[-1] + 1)
    count = lung.sum(axis=(0, 1))
    right, left = int(count[: twice // 2].sum()), int(count[twice // 2 :].sum())
    if min(right, left) * 3 < max(right, left):
        return max(0, min(x0, twice - x1)), min(lung.shape[2], max(x1, twice - x0))
    return x0, x1


def _without_lungs(
    kind: Kind, body: MaskArray, shape: tuple[int, ...], step: IndexZyx, spacing: NDArray[np.float64]
) -> Lungs:
    found = Box.of_mask(body)
    whole = Box.whole((shape[0], shape[1], shape[2]))
    box = whole
    if kind == "body" and found is not None:
        (z0, y0, x0), (z1, y1, x1) = found.start_zyx, found.stop_zyx
        box = Box((z0 * step[0], y0 * step[1], x0 * step[2]), (z1 * step[0], y1 * step[1], x1 * step[2])).clipped(
            whole.stop_zyx
        )
    nothing = np.zeros(body.shape, dtype=np.bool_)
    sides = fill_sides(split_sides(nothing, spacing, body), spacing)
    return Lungs(kind, box, step, nothing, np.ones_like(nothing), sides, 0.0)


def _pick(coarse: NDArray[Scalar], step: IndexZyx, box: Box, every: IndexZyx = (1, 1, 1)) -> NDArray[Scalar]:
    """Return coarse values at every n-th voxel of `box`."""
    ends = zip(box.start_zyx, box.stop_zyx, step, every, coarse.shape, strict=True)
    index = [np.clip(np.arange(a, b, each) // n, 0, size - 1) for a, b, n, each, size in ends]
    return coarse[np.ix_(*index)]
