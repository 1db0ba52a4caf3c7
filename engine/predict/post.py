"""What is put right after the network: stray pieces of lung, lesions far from any lung, specks.

Works in place on the part of the label map that was segmented, and tells which slices it touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatZyx, LabelArray, MaskArray
from engine.geometry.box import Box
from engine.predict.decode import Decoder

LUNG_PIECE_ML = 1.0
"""A piece of lung of less than this, connected to neither lung, is not lung."""
SPECK_ML = 0.03
"""A lesion of less than this is noise: a ball of 4 mm."""
FLUID_SPECK_ML = 5.0
"""Fluid of less than this is no effusion that anybody would report; networks see such pieces at most diaphragms."""
REACH_MM = 10.0
FLUID_SHARE_NEAR = 0.4
FLUID_NEAR_ML = 7.0
"""Fluid lies against a lung: a small piece with this share of it within reach, a large one with so much at least.
Kidneys and liver have little within reach; the middle of a large effusion is far from any lung."""
INSIDE_SHARE = 0.1
_WORK_MM = 3.0


@dataclass(frozen=True)
class Cleaning:
    """How to put right.

    Args:
        lung_piece_ml: Smaller loose pieces of lung go.
        speck_ml: Smaller lesions go …
        fluid_speck_ml: … and smaller pieces of fluid.
        reach_mm: Ground-glass and consolidation farther than this from lung go.
        fluid_share_near: A piece of fluid with less than this share within `reach_mm` of a lung goes …
        fluid_near_ml: … unless this much of it is.
        inside_share: Of a lesion, the network has to call at least this lung as well, where it was taught that lungs
            hold their lesions: what it calls consolidation and not lung is fat or muscle above the lungs.
    """

    lung_piece_ml: float = LUNG_PIECE_ML
    speck_ml: float = SPECK_ML
    fluid_speck_ml: float = FLUID_SPECK_ML
    reach_mm: float = REACH_MM
    fluid_share_near: float = FLUID_SHARE_NEAR
    fluid_near_ml: float = FLUID_NEAR_ML
    inside_share: float = INSIDE_SHARE


def clean(
    labels: LabelArray,
    lung: LabelArray,
    spacing_zyx_mm: FloatZyx,
    decoder: Decoder,
    air_lung: MaskArray | None = None,
    cleaning: Cleaning | None = None,
    look: Callable[[], None] = lambda: None,
) -> NDArray[np.bool_]:
    """Put `labels` and `lung` right in place and return which slices (z) changed.

    Args:
        labels: (z, y, x) label ids.
        lung: (z, y, x) the lung beneath: 1 right, 2 left, 0 none.
        spacing_zyx_mm: Of both.
        decoder: Knows which ids are lungs and lesions.
        air_lung: (z, y, x) lung by its air on every n-th voxel, n = :func:`coarse_steps`; counts as lung for the reach.
        cleaning: Sizes.
        look: Called at least once a second; may raise to stop.
    """
    cleaning = cleaning or Cleaning()
    voxel_ml = float(np.prod(spacing_zyx_mm)) / 1000
    aired = None
    if air_lung is not None and air_lung.any():
        aired = _with_steps(air_lung, coarse_steps(spacing_zyx_mm))
    changed = _settle_lungs(labels, lung, decoder, round(cleaning.lung_piece_ml / voxel_ml), aired, look)
    return changed | _settle_lesions(labels, lung, spacing_zyx_mm, decoder, air_lung, cleaning, look)


def coarse_steps(spacing_zyx_mm: FloatZyx) -> tuple[int, int, int]:
    """Return every how many voxels distances are measured: about 3 mm."""
    z, y, x = (max(1, int(_WORK_MM / s + 0.5)) for s in spacing_zyx_mm)
    return z, y, x


def _with_steps(air_lung: MaskArray, steps: tuple[int, int, int]) -> tuple[NDArray[np.intp], ...]:
    """Return the indices (z, y, x), in voxels, of the coarse voxels that are lung by their air."""
    z, y, x = np.nonzero(air_lung)
    return z * steps[0], y * steps[1], x * steps[2]


def _settle_lungs(
    labels: LabelArray,
    lung: LabelArray,
    decoder: Decoder,
    least: int,
    aired: tuple[NDArray[np.intp], ...] | None,
    look: Callable[[], None],
) -> NDArray[np.bool_]:
    """Give loose pieces to the lung they touch; drop those that touch none and are small or hold no air of a lung.

    Folds of cloth and skin hold air outside the body; `aired` (voxels that are lung by their air) tells them apart.
    """
    changed = np.zeros(labels.shape[0], dtype=np.bool_)
    found = _pieces(lung, 6, look)
    if found is None or len(found.sizes) < 3:
        return changed
    side_of, sizes = found.value_of, found.sizes
    main = {side: int(np.where(side_of == side, sizes, 0).argmax()) for side in (1, 2) if (side_of == side).any()}
    becomes = side_of.copy()
    loose = np.ones(len(sizes), dtype=np.bool_)
    loose[[0, *main.values()]] = False
    stray = sizes < least
    if aired is not None:
        stray |= ~np.isin(np.arange(len(sizes)), found.at(aired))
    becomes[loose & stray] = 0
    for side, piece in main.items() if loose.any() else ():
        becomes[loose & _neighbours(found, piece, loose, look)] = side
    moved = becomes != side_of
    if not moved.any():
        return changed
    inside = found.box.slices[1:]
    for z, pieces in found.slices(look):
        here = moved[pieces]
        if here.any():
            below, above = lung[z][inside], labels[z][inside]
            below[...] = becomes[pieces]
            plain = here & ((above == decoder.right_id) | (above == decoder.left_id))
            _uncover(above, below, plain, decoder)
            changed[z] = True
    return changed


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Connected pieces of what is not zero, numbered from 1.

    Args:
        numbers: (z, y, x) of `box`.
        box: Around all of them.
        sizes: Voxels of each; 0 for number 0.
        value_of: What each is made of.
    """

    numbers: NDArray[Any]
    box: Box
    sizes: NDArray[np.int64]
    value_of: LabelArray

    def slices(self, look: Callable[[], None]) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield each slice of the volume within the box and its numbers."""
        for n, numbers in enumerate(self.numbers):
            look()
            yield self.box.start_zyx[0] + n, numbers

    def at(self, index_zyx: tuple[NDArray[np.intp], ...]) -> NDArray[Any]:
        """Return the numbers at voxels of the volume that lie in the box."""
        inside = np.ones(len(index_zyx[0]), dtype=np.bool_)
        for i, a, b in zip(index_zyx, self.box.start_zyx, self.box.stop_zyx, strict=True):
            inside &= (i >= a) & (i < b)
        z, y, x = (i[inside] - a for i, a in zip(index_zyx, self.box.start_zyx, strict=True))
        return self.numbers[z, y, x]


def _pieces(values: LabelArray, connectivity: Literal[6, 26], look: Callable[[], None]) -> _Pieces | None:
    """Return the pieces of equal value, or None where everything is zero."""
    import cc3d

    look()
    box = _box_of(values, look)
    if box is None:
        return None
    inner = np.ascontiguousarray(values[box.slices])
    look()
    numbers, count = cc3d.connected_components(inner, connectivity=connectivity, return_N=True)
    sizes = np.zeros(count + 1, dtype=np.int64)
    value_of = np.zeros(count + 1, dtype=np.uint8)
    for here, value in zip(numbers, inner, strict=True):
        look()
        sizes += np.bincount(here.reshape(-1), minlength=count + 1)
        value_of[here] = value
    sizes[0] = 0
    return _Pieces(numbers, box, sizes, value_of)


def _box_of(values: LabelArray, look: Callable[[], None]) -> Box | None:
    """Return the box around what is not zero."""
    rows = np.zeros(values.shape[:2], dtype=np.bool_)
    columns = np.zeros(values.shape[2], dtype=np.bool_)
    for z, plane in enumerate(values):
        look()
        rows[z] = plane.any(axis=1)
        if rows[z].any():
            columns |= plane.any(axis=0)
    kept = [np.flatnonzero(line) for line in (rows.any(axis=1), rows.any(axis=0), columns)]
    if not kept[0].size:
        return None
    start, stop = [int(k[0]) for k in kept], [int(k[-1]) + 1 for k in kept]
    return Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def _neighbours(found: _Pieces, piece: int, loose: NDArray[np.bool_], look: Callable[[], None]) -> NDArray[np.bool_]:
    """Return which pieces share a face with `piece`; only slices with `loose` pieces are looked at."""
    touched = np.zeros(len(found.sizes), dtype=np.bool_)
    last = len(found.numbers) - 1
    for n, (_, here) in enumerate(found.slices(look)):
        if not loose[here].any():
            continue
        faces = [(here[:-1], here[1:]), (here[:, :-1], here[:, 1:])]
        faces += [(here, found.numbers[k]) for k in (n - 1, n + 1) if 0 <= k <= last]
        for one, other in faces:
            touched[other[one == piece]] = True
            touched[one[other == piece]] = True
    touched[[0, piece]] = False
    return touched


def _settle_lesions(
    labels: LabelArray,
    lung: LabelArray,
    spacing: FloatZyx,
    decoder: Decoder,
    air_lung: MaskArray | None,
    cleaning: Cleaning,
    look: Callable[[], None],
) -> NDArray[np.bool_]:
    """Drop specks, lesions of which no voxel is near a lung, and what the network itself does not call lung.

    Whole lesions go or stay: the middle of a large consolidation may be far from the lung that the network saw.
    Ground-glass and consolidation side by side count as one.
    """
    changed = np.zeros(labels.shape[0], dtype=np.bool_)
    if not decoder.lesion_ids:
        return changed
    kind = np.zeros(256, dtype=np.uint8)
    for n, label in enumerate(decoder.lesion_ids, start=2):
        kind[label] = 1 if label in decoder.inside_lung_ids else n
    found = _pieces(kind[labels], 26, look)
    if found is None:
        return changed
    voxel_ml = float(np.prod(spacing)) / 1000
    held = found.value_of == 1
    wrong = found.sizes < np.where(held, *(round(ml / voxel_ml) for ml in (cleaning.speck_ml, cleaning.fluid_speck_ml)))
    near = _near_lung(found, lung, spacing, air_lung, cleaning.reach_mm, look)
    against = np.minimum(cleaning.fluid_share_near * found.sizes, cleaning.fluid_near_ml / voxel_ml)
    wrong |= np.where(held, near == 0, near < against)
    if decoder.lungs_hold_lesions and lung.any():
        wrong |= held & (_over_lung(found, lung, look) < cleaning.inside_share * found.sizes)
    wrong[0] = False
    if not wrong.any():
        return changed
    inside = found.box.slices[1:]
    for z, pieces in found.slices(look):
        here = wrong[pieces]
        if here.any():
            _uncover(labels[z][inside], lung[z][inside], here, decoder)
            changed[z] = True
    return changed


def _near_lung(
    found: _Pieces,
    lung: LabelArray,
    spacing: FloatZyx,
    air_lung: MaskArray | None,
    reach_mm: float,
    look: Callable[[], None],
) -> NDArray[np.int64]:
    """Return how many voxels of each piece lie within reach of any lung; all, where no lung is seen."""
    import edt

    step = coarse_steps(spacing)
    seen = np.ascontiguousarray(lung[:: step[0], :: step[1], :: step[2]] > 0)
    if air_lung is not None:
        seen |= air_lung
    if not seen.any():
        return found.sizes
    wide = (spacing[0] * step[0], spacing[1] * step[1], spacing[2] * step[2])
    away = edt.edt(~seen, anisotropy=wide, black_border=False, parallel=1)
    _, y, x = found.box.slices
    rows = np.arange(y.start, y.stop) // step[1]
    columns = np.arange(x.start, x.stop) // step[2]
    near = np.zeros(len(found.sizes), dtype=np.int64)
    for z, pieces in found.slices(look):
        here = away[z // step[0]][np.ix_(rows, columns)]
        near += np.bincount(pieces[here <= reach_mm], minlength=len(near))
    return near


def _over_lung(found: _Pieces, lung: LabelArray, look: Callable[[], None]) -> NDArray[np.int64]:
    """Return how many voxels of each piece the network calls lung too."""
    over = np.zeros(len(found.sizes), dtype=np.int64)
    inside = found.box.slices[1:]
    for z, pieces in found.slices(look):
        over += np.bincount(pieces[lung[z][inside] > 0], minlength=len(over))
    return over


def _uncover(labels: LabelArray, lung: LabelArray, where: MaskArray, decoder: Decoder) -> None:
    """Put the lung beneath in place of what lies over it."""
    ids = np.array([0, decoder.right_id, decoder.left_id], dtype=np.uint8)
    labels[where] = ids[lung[where]]


def runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield ``(start, stop)`` of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(stop)
