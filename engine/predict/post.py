"""What is put right after the network: stray pieces of lung, lesions far from any lung, specks.

Works in place on the part of the label map that was segmented, and tells which slices it touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatZyx, LabelArray, MaskArray
from engine.predict.decode import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

LUNG_PIECE_ML = 1.0
"""A piece of lung of less than this, connected to neither lung, is not lung."""
SPECK_ML = 0.03
"""A lesion of less than this is noise: a ball of 4 mm."""
REACH_MM = 10.0
_WORK_MM = 3.0


@dataclass(frozen=True)
class Cleaning:
    """How to put right.

    Args:
        lung_piece_ml: Smaller loose pieces of lung go.
        speck_ml: Smaller lesions go.
        reach_mm: Ground-glass and consolidation farther than this from lung go.
    """

    lung_piece_ml: float = LUNG_PIECE_ML
    speck_ml: float = SPECK_ML
    reach_mm: float = REACH_MM


def clean(
    labels: LabelArray,
    lung: LabelArray,
    spacing_zyx_mm: FloatZyx,
    decoder: Decoder,
    air_lung: MaskArray | None = None,
    cleaning: Cleaning | None = None,
) -> NDArray[np.bool_]:
    """Put `labels` and `lung` right in place and return which slices (z) changed.

    Args:
        labels: (z, y, x) label ids.
        lung: (z, y, x) the lung beneath: 1 right, 2 left, 0 none.
        spacing_zyx_mm: Of both.
        decoder: Knows which ids are lungs and lesions.
        air_lung: (z, y, x) lung by its air on every n-th voxel, n = :func:`coarse_steps`; counts as lung for the reach.
        cleaning: Sizes.
    """
    cleaning = cleaning or Cleaning()
    changed = np.zeros(labels.shape[0], dtype=np.bool_)
    voxel_ml = float(np.prod(spacing_zyx_mm)) / 1000
    aired = None
    if air_lung is not None and air_lung.any():
        aired = _with_steps(air_lung, coarse_steps(spacing_zyx_mm))
    _settle_lungs(labels, lung, decoder, round(cleaning.lung_piece_ml / voxel_ml), aired, changed)
    _settle_lesions(labels, lung, spacing_zyx_mm, decoder, air_lung, cleaning, changed)
    return changed


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
    changed: NDArray[np.bool_],
) -> None:
    """Give loose pieces to the lung they touch; drop those that touch none and are small or hold no air of a lung.

    Folds of cloth and skin hold air outside the body; `aired` (voxels that are lung by their air) tells them apart.
    """
    import cc3d

    pieces, count = cc3d.connected_components(lung, connectivity=6, return_N=True)
    if count < 2:
        return
    side_of = np.zeros(count + 1, dtype=np.uint8)
    side_of[_flat(pieces)] = _flat(lung)
    sizes = np.bincount(_flat(pieces), minlength=count + 1)
    sizes[0] = 0
    main = {side: int(np.where(side_of == side, sizes, 0).argmax()) for side in (1, 2) if (side_of == side).any()}
    becomes = side_of.copy()
    loose = np.ones(count + 1, dtype=np.bool_)
    loose[[0, *main.values()]] = False
    stray = sizes < least
    if aired is not None:
        stray |= ~np.isin(np.arange(count + 1), pieces[aired])
    becomes[loose & stray] = 0
    for side, piece in main.items():
        becomes[loose & _neighbours(pieces, piece, count)] = side
    moved = becomes != side_of
    if not moved.any():
        return
    for z in range(labels.shape[0]):
        here = moved[pieces[z]]
        if here.any():
            lung[z] = becomes[pieces[z]]
            plain = here & ((labels[z] == decoder.right_id) | (labels[z] == decoder.left_id))
            _uncover(labels[z], lung[z], plain, decoder)
            changed[z] = True


def _neighbours(pieces: NDArray[Any], piece: int, count: int) -> NDArray[np.bool_]:
    """Return which pieces share a face with `piece`."""
    touched = np.zeros(count + 1, dtype=np.bool_)
    for axis in range(3):
        low = np.moveaxis(pieces, axis, 0)[:-1]
        high = np.moveaxis(pieces, axis, 0)[1:]
        touched[high[low == piece]] = True
        touched[low[high == piece]] = True
    touched[[0, piece]] = False
    return touched


def _settle_lesions(
    labels: LabelArray,
    lung: LabelArray,
    spacing: FloatZyx,
    decoder: Decoder,
    air_lung: MaskArray | None,
    cleaning: Cleaning,
    changed: NDArray[np.bool_],
) -> None:
    """Drop specks, and ground-glass and consolidation of which no voxel is near a lung.

    Whole lesions go or stay: the middle of a large consolidation may be far from the lung that the network saw.
    Ground-glass and consolidation side by side count as one.
    """
    import cc3d

    if not decoder.lesion_ids:
        return
    kind = np.zeros(256, dtype=np.uint8)
    for n, label in enumerate(decoder.lesion_ids, start=2):
        kind[label] = 1 if label in decoder.inside_lung_ids else n
    kinds = kind[labels]
    pieces, count = cc3d.connected_components(kinds, connectivity=26, return_N=True)
    if count == 0:
        return
    kind_of = np.zeros(count + 1, dtype=np.uint8)
    kind_of[_flat(pieces)] = _flat(kinds)
    voxel_ml = float(np.prod(spacing)) / 1000
    wrong = np.bincount(_flat(pieces), minlength=count + 1) < round(cleaning.speck_ml / voxel_ml)
    wrong |= (kind_of == 1) & ~_reached(pieces, count, lung, spacing, air_lung, cleaning.reach_mm)
    wrong[0] = False
    if not wrong.any():
        return
    for z in range(labels.shape[0]):
        here = wrong[pieces[z]]
        if here.any():
            _uncover(labels[z], lung[z], here, decoder)
            changed[z] = True


def _reached(
    pieces: NDArray[Any],
    count: int,
    lung: LabelArray,
    spacing: FloatZyx,
    air_lung: MaskArray | None,
    reach_mm: float,
) -> NDArray[np.bool_]:
    """Return which pieces have a voxel within `reach_mm` of any lung; all, where no lung is seen."""
    import edt

    step = coarse_steps(spacing)
    seen = np.ascontiguousarray(lung[:: step[0], :: step[1], :: step[2]] > 0)
    if air_lung is not None:
        seen |= air_lung
    if not seen.any():
        return np.ones(count + 1, dtype=np.bool_)
    wide = (spacing[0] * step[0], spacing[1] * step[1], spacing[2] * step[2])
    near = edt.edt(~seen, anisotropy=wide, black_border=False, parallel=1) <= reach_mm
    rows = np.arange(lung.shape[1]) // step[1]
    columns = np.arange(lung.shape[2]) // step[2]
    reached = np.zeros(count + 1, dtype=np.bool_)
    for z in range(lung.shape[0]):
        reached[pieces[z][near[z // step[0]][np.ix_(rows, columns)]]] = True
    return reached


def _uncover(labels: LabelArray, lung: LabelArray, where: MaskArray, decoder: Decoder) -> None:
    """Put the lung beneath in place of what lies over it."""
    ids = np.array([0, decoder.right_id, decoder.left_id], dtype=np.uint8)
    labels[where] = ids[lung[where]]


def _flat(array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(-1, order="A" if array.flags.c_contiguous or array.flags.f_contiguous else "C")


def runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield ``(start, stop)`` of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(stop)
