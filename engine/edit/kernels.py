"""The few kernels of other libraries that editing needs, with types and with the choice between them.

edt and cc3d keep Python's lock while they work (23 ms for 2 million voxels, 340 ms for a whole study), so
they get crops only; larger arrays go to scipy, which is slower and lets go of the lock.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatArray, FloatZyx, MaskArray

CROP_VOXELS = 2_000_000


def _ndimage() -> Any:  # noqa: ANN401 - scipy has no types; here is where it gets them
    return importlib.import_module("scipy.ndimage")


def components(mask: MaskArray, *, corners: bool, quick: bool = False) -> tuple[NDArray[np.int32], int]:
    """Return numbered connected components (0 outside) of a (z, y, x) mask, and how many there are.

    Args:
        mask: (z, y, x) bool.
        corners: Whether voxels that touch at an edge or a corner belong together; else faces only.
        quick: Keep Python's lock whatever the size: for acts in the window's own thread, which wait anyway.
    """
    if quick or mask.size <= CROP_VOXELS:
        cc3d: Any = importlib.import_module("cc3d")
        solid = np.ascontiguousarray(mask)
        numbered, count = cc3d.connected_components(solid, connectivity=26 if corners else 6, return_N=True)
    else:
        numbered, count = _ndimage().label(mask, np.ones((3, 3, 3)) if corners else None)
    return np.asarray(numbered, dtype=np.int32), int(count)


def distance_mm(mask: MaskArray, spacing_mm: FloatZyx) -> NDArray[np.float32]:
    """Return for every true voxel the distance of its centre to the nearest false one, in mm; 0 where false.

    Beyond the array nothing is false: a mask cut by the array's edge is not taken to end there.

    Args:
        mask: (z, y, x) bool.
        spacing_mm: Voxel spacing (z, y, x).

    Cost: 40 ms for a million voxels.
    """
    if mask.all():
        return np.full(mask.shape, np.inf, dtype=np.float32)
    if mask.size <= CROP_VOXELS:
        edt: Any = importlib.import_module("edt")
        solid = np.ascontiguousarray(mask)
        return np.asarray(edt.edt(solid, anisotropy=spacing_mm, black_border=False, parallel=1))
    return np.asarray(_ndimage().distance_transform_edt(mask, sampling=spacing_mm), dtype=np.float32)


def signed_distance_mm(mask: MaskArray, spacing_mm: tuple[float, float]) -> FloatArray:
    """Return the distance to the border in mm, positive inside; beyond the picture all is outside.

    The border lies half a voxel before the nearest centre of the other kind.

    Args:
        mask: (rows, columns) bool.
        spacing_mm: Spacing of rows and columns.
    """
    wide = np.pad(mask, 1)
    inside: FloatArray = _ndimage().distance_transform_edt(wide, sampling=spacing_mm)
    outside: FloatArray = _ndimage().distance_transform_edt(~wide, sampling=spacing_mm)
    half = 0.5 * min(sum(spacing_mm) / 2, 1.9 * min(spacing_mm))
    return np.where(wide, inside - half, half - outside)[1:-1, 1:-1]


def moved(field: FloatArray, by: FloatArray) -> FloatArray:
    """Return a field shifted by parts of a pixel, its edge values carried on."""
    return np.asarray(_ndimage().shift(field, by, order=1, mode="nearest"), dtype=np.float64)


def blurred(mask: MaskArray, sigma: FloatZyx, *, reach: float) -> NDArray[np.float32]:
    """Return a mask blurred by a Gaussian; `sigma` is in voxels, cut at `reach` sigmas."""
    soft = _ndimage().gaussian_filter(mask.astype(np.float32), sigma, mode="nearest", truncate=reach)
    return np.asarray(soft, dtype=np.float32)
