"""Which lung is which: a lung mask divided into the patient's right and left.

The two lungs meet in a mask at thin places only (front and back of the mediastinum) and at the windpipe. The mask
is worn off from outside until it falls into two large pieces; every voxel then goes to the nearer one.
Arrays are canonical: x grows to the patient's left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.types import LabelArray, MaskArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIGHT, LEFT = 1, 2
_WEAR_MM = (0.0, 3.0, 5.0, 7.0, 10.0, 14.0)
_FAIR = 0.12
"""A second piece of at least this share of the first is taken for the other lung."""


def split_sides(lung: MaskArray, spacing_zyx_mm: NDArray[np.float64], body: MaskArray | None = None) -> LabelArray:
    """Return 1 on the right lung, 2 on the left, 0 elsewhere.

    Args:
        lung: (z, y, x) canonical, about 3 mm apart; both lungs in one mask.
        spacing_zyx_mm: Distance of its voxels.
        body: (z, y, x) the body; its middle decides where only one lung is seen.
    """
    import edt

    middle = _middle(lung, body)
    if not lung.any():
        return np.zeros(lung.shape, dtype=np.uint8)
    spacing = tuple(float(s) for s in spacing_zyx_mm)
    depth = edt.edt(lung, anisotropy=spacing, black_border=False, parallel=1)
    for wear in _WEAR_MM:
        seeds = _two_seeds(depth > wear, middle)
        if seeds is not None:
            right = edt.edt(~seeds[0], anisotropy=spacing, black_border=False, parallel=1)
            left = edt.edt(~seeds[1], anisotropy=spacing, black_border=False, parallel=1)
            return np.where(lung, np.where(right <= left, np.uint8(RIGHT), np.uint8(LEFT)), np.uint8(0))
    return _by_plane(lung, middle)


def fill_sides(sides: LabelArray, spacing_zyx_mm: NDArray[np.float64]) -> LabelArray:
    """Return a side for every voxel: that of the nearest lung; without lungs, by the middle of the picture."""
    import edt

    right, left = sides == RIGHT, sides == LEFT
    if not right.any() or not left.any():
        only = RIGHT if right.any() else LEFT
        if not (right.any() or left.any()):
            return _by_plane(np.ones(sides.shape, dtype=np.bool_), sides.shape[2] / 2)
        return np.full(sides.shape, only, dtype=np.uint8)
    spacing = tuple(float(s) for s in spacing_zyx_mm)
    to_right = edt.edt(~right, anisotropy=spacing, black_border=False, parallel=1)
    to_left = edt.edt(~left, anisotropy=spacing, black_border=False, parallel=1)
    return np.where(to_right <= to_left, np.uint8(RIGHT), np.uint8(LEFT))


def _middle(lung: MaskArray, body: MaskArray | None) -> float:
    """Return the x index of the patient's middle."""
    mask = lung if body is None or not body.any() else body
    columns = np.flatnonzero(mask.any(axis=(0, 1)))
    return float(columns[0] + columns[-1] + 1) / 2 if columns.size else lung.shape[2] / 2


def _two_seeds(core: MaskArray, middle: float) -> tuple[MaskArray, MaskArray] | None:
    """Return the right and the left piece, if `core` consists of two fair ones on either side."""
    import cc3d

    pieces, count = cc3d.connected_components(core, connectivity=6, return_N=True)
    if count < 2:
        return None
    stats = cc3d.statistics(pieces)
    sizes = np.asarray(stats["voxel_counts"], dtype=np.int64).copy()
    sizes[0] = 0
    first, second = (int(i) for i in np.argsort(-sizes)[:2])
    if sizes[second] < _FAIR * sizes[first]:
        return None
    at = {piece: float(stats["centroids"][piece][2]) for piece in (first, second)}
    low, high = sorted((first, second), key=lambda piece: at[piece])
    # Two halves of one lung lie above each other; the two lungs lie on either side of the middle.
    if not (at[low] < middle < at[high]) and abs(at[low] - at[high]) < 0.2 * core.shape[2]:
        return None
    return pieces == low, pieces == high


def _by_plane(lung: MaskArray, middle: float) -> LabelArray:
    right = np.arange(lung.shape[2]) + 0.5 < middle
    return np.where(lung, np.where(right, np.uint8(RIGHT), np.uint8(LEFT)), np.uint8(0))
