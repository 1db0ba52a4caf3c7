"""Conversions to the affine matrices of the outside world. The only place with (x, y, z) besides `sitk_bridge`."""

from __future__ import annotations

import numpy as np

from engine.core.errors import GeometryError
from engine.core.types import FloatArray, IndexZyx
from engine.geometry.grid import Direction, Grid

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


def affine_ras(grid: Grid) -> FloatArray:
    """Return the (4, 4) NIfTI affine of `grid`: (i, j, k) = (x, y, z) index → RAS mm."""
    affine = np.eye(4)
    affine[:3, :3] = LPS_TO_RAS @ grid.steps_lps[::-1].T
    affine[:3, 3] = LPS_TO_RAS @ np.array(grid.origin_lps)
    return affine


def grid_from_affine_ras(affine: FloatArray, shape_zyx: IndexZyx) -> Grid:
    """Return the grid of a NIfTI affine (4, 4) or (3, 4): (x, y, z) index → RAS mm.

    Raises:
        GeometryError: an axis has no length, or the axes are not at right angles.
    """
    matrix = np.asarray(affine, dtype=np.float64)
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)[::-1]
    if not np.isfinite(matrix).all() or spacing.min() <= 0:
        raise GeometryError(
            "The orientation of the volume cannot be used.", f"Its affine is {np.round(matrix, 4).tolist()}."
        )
    steps = (LPS_TO_RAS @ matrix[:3, :3]).T[::-1]
    origin = LPS_TO_RAS @ matrix[:3, 3]
    rows = steps / spacing[:, None]
    return Grid(
        shape_zyx,
        (float(spacing[0]), float(spacing[1]), float(spacing[2])),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        as_direction(rows),
    )


def as_direction(rows: FloatArray) -> Direction:
    """Return a (3, 3) array, one row per array axis (z, y, x), as the tuple a Grid keeps."""
    (a, b, c), (d, e, f), (g, h, i) = np.asarray(rows, dtype=np.float64).tolist()
    return ((a, b, c), (d, e, f), (g, h, i))


def lps_to_ras(points: FloatArray) -> FloatArray:
    """Return points (..., 3) with the first two coordinates turned round; its own inverse."""
    return np.asarray(points, dtype=np.float64) * np.array([-1.0, -1.0, 1.0])
