"""The only crossing between our (z, y, x) arrays and SimpleITK's (x, y, z) images.

`Grid.direction` has one ROW per array axis (z, y, x); ITK's direction matrix has one COLUMN per (x, y, z)
axis. Both speak LPS.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GeometryError
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction

if TYPE_CHECKING:
    import SimpleITK as sitk


def grid_of(image: sitk.Image) -> Grid:
    """Return the grid of a 3-D SimpleITK image.

    Raises:
        GeometryError: the image has not three axes, or they are not at right angles.
    """
    if image.GetDimension() != 3:
        raise GeometryError("This is not a volume.", f"It has {image.GetDimension()} axes; three are needed.")
    x, y, z = image.GetSize()
    dx, dy, dz = image.GetSpacing()
    left, posterior, superior = image.GetOrigin()
    columns_xyz = np.array(image.GetDirection(), dtype=np.float64).reshape(3, 3)
    return Grid((z, y, x), (dz, dy, dx), (left, posterior, superior), as_direction(columns_xyz.T[::-1]))


def image_of(array: NDArray[Any], grid: Grid) -> sitk.Image:
    """Return a SimpleITK image of a (z, y, x) array on `grid`. The voxels are copied.

    Raises:
        GeometryError: the array has not the shape of the grid.
    """
    import SimpleITK as sitk

    if array.shape != grid.shape_zyx:
        raise GeometryError("Array and grid do not fit each other.", f"They are {array.shape} and {grid.shape_zyx}.")
    stored = array.view(np.uint8) if array.dtype == np.bool_ else array
    image = sitk.GetImageFromArray(stored)
    image.SetSpacing(grid.spacing_zyx_mm[::-1])
    image.SetOrigin(grid.origin_lps)
    image.SetDirection(np.array(grid.direction)[::-1].T.reshape(-1).tolist())
    return image


def array_of(image: sitk.Image) -> NDArray[Any]:
    """Return the (z, y, x) voxels of a SimpleITK image, copied, in the image's own type."""
    import SimpleITK as sitk

    return np.asarray(sitk.GetArrayFromImage(image))


def read_back(path: Path) -> tuple[list[Grid], NDArray[Any]]:
    """Return the grid and the voxels (z, y, x) of a file as ITK reads it.

    Raises:
        RuntimeError: ITK cannot read it.
    """
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    return [grid_of(image)], array_of(image)


def read_picture(path: Path) -> NDArray[Any]:
    """Return the pixels of a PNG or JPEG as ITK reads it: (y, x) grey, or (y, x, 3 or 4) colours.

    Raises:
        RuntimeError: ITK cannot read it, whatever its name says.
    """
    import SimpleITK as sitk

    kind = "JPEGImageIO" if path.suffix.lower() in {".jpg", ".jpeg"} else "PNGImageIO"
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO=kind)))
