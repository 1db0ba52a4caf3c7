"""Oblique, anisotropic, asymmetric grids, and ITK as the judge of what lies where."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from engine.geometry.grid import Grid
from engine.geometry.points import as_direction


def turned(degrees: tuple[float, float, float]) -> np.ndarray:
    """Rows (z, y, x) of axes turned about the three patient axes."""
    a, b, c = np.radians(degrees)
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return (rz @ ry @ rx).T[::-1]


def oblique_grid(shape=(9, 14, 11), spacing=(2.5, 0.8, 1.1), origin=(-30.0, 12.5, 201.0), degrees=(8, -5, 11)) -> Grid:
    return Grid(shape, spacing, origin, as_direction(turned(degrees)))


def itk_image(array: np.ndarray, grid: Grid) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(grid.spacing_zyx_mm[::-1])
    image.SetOrigin(grid.origin_lps)
    image.SetDirection(np.array(grid.direction)[::-1].T.ravel().tolist())
    return image


def itk_resampled(array: np.ndarray, grid: Grid, target: Grid, interpolator: int, fill: float) -> np.ndarray:
    reference = itk_image(np.zeros(target.shape_zyx, np.uint8), target)
    moved = sitk.Resample(itk_image(array, grid), reference, sitk.Transform(), interpolator, fill)
    return sitk.GetArrayFromImage(moved)


def smooth_volume(shape, seed=3) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape)
    image = sitk.SmoothingRecursiveGaussian(sitk.GetImageFromArray(noise.astype(np.float32)), 1.5)
    field = sitk.GetArrayFromImage(image)
    return np.rint(field / np.abs(field).max() * 900).astype(np.int16)


def cell_edges(grid: Grid, target: Grid, width: float = 0.02) -> np.ndarray:
    """Target voxels whose point lies within `width` of a border between source cells, or of the outer face."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in target.shape_zyx], indexing="ij"), axis=-1)
    at = grid.to_index(target.to_lps(index))
    return (np.abs(at - np.floor(at) - 0.5) < width).any(axis=-1)
