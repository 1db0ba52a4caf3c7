"""A small picture of an image file for the table of a source: the middle slice across the patient's long axis."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GroundglassError
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.io.images.format import ImageFormat
from engine.io.images.raw import RawImage, straight_grid
from engine.io.options import ReadOptions

MOST_VOXELS = 1 << 27
"""A larger file has to be read whole for one picture, and that takes seconds: it has none."""

LUNG = (-1350.0, 150.0)
_AIR = -500
_ANY = ReadOptions(geometry="sform", time_point=0, rescale="as-is")
"""A picture asks no questions; opening does."""


def black(size: int) -> NDArray[np.uint8]:
    """Return the picture of what cannot be shown."""
    return np.zeros((size, size), dtype=np.uint8)


def square(
    image: NDArray[np.int16] | NDArray[np.float32],
    spacing_yx_mm: tuple[float, float],
    size: int,
    low: float,
    high: float,
) -> NDArray[np.uint8]:
    """Return an image in grey between `low` and `high`, nearest pixels, the longer side `size`."""
    extent = np.array(image.shape) * np.array(spacing_yx_mm)
    height, width = (max(1, round(size * float(e / extent.max()))) for e in extent)
    rows = (np.arange(height) + 0.5) * image.shape[0] / height
    columns = (np.arange(width) + 0.5) * image.shape[1] / width
    small = image[rows.astype(int)[:, None], columns.astype(int)[None, :]].astype(np.float32)
    return np.clip((small - low) * (255.0 / max(high - low, 1.0)), 0, 255).astype(np.uint8)


def of_file(path: Path, kind: ImageFormat, size: int, cancel: CancelToken | None = None) -> NDArray[np.uint8]:
    """Return the picture, (h, w) uint8 with square pixels, the longer side `size`; black if there is none.

    Args:
        path: The file.
        kind: Its format.
        size: In pixels.
        cancel: Looked at while reading.

    Raises:
        Cancelled: `cancel` was set.
    """
    try:
        if math.prod(kind.peek(path)[0]) > MOST_VOXELS:
            return black(size)
        raw = kind.read(path, _ANY, cancel=cancel)
        grid, _ = straight_grid(raw, path.name)
    except GroundglassError:
        return black(size)
    return _of(raw, grid, size)


def _of(raw: RawImage, grid: Grid | None, size: int) -> NDArray[np.uint8]:
    if grid is None:  # sheared: as it is stored
        array, (_, y_mm, x_mm) = raw.array, (float(v) for v in np.linalg.norm(raw.steps_lps, axis=1))
    else:
        turn = Orientation.of(grid)
        array, (_, y_mm, x_mm) = turn.apply(raw.array), turn.grid(grid).spacing_zyx_mm
    values = array[array.shape[0] // 2].astype(np.float32) * raw.slope + raw.intercept
    values = np.nan_to_num(values, nan=-1024.0, posinf=0.0, neginf=-1024.0)
    low, high = float(values.min()), float(values.max())
    if low < _AIR:
        low, high = LUNG
    return square(values, (y_mm, x_mm), size, low, high)
