"""Short ways to read a made series in a test, and SimpleITK's answer to compare with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.case.volume import Volume
from engine.geometry.grid import Grid
from engine.io.dicom.slice import Slice
from engine.io.options import ReadOptions
from engine.io.source import open_volume, scan


def volume_of(folder: Path, **answers: object) -> Volume:
    """Return the volume of the best series of a folder."""
    return open_volume(folder, ReadOptions(**answers))  # type: ignore[arg-type]


def slices_of(folder: Path) -> list[Slice]:
    """Return the slices of the only series of a folder."""
    (row,) = scan(folder).rows
    return list(row.handle)  # type: ignore[call-overload]


def codes(volume: Volume) -> list[str]:
    """Return the codes of a volume's notices."""
    return [notice.code for notice in volume.notices]


def by_itk(folder: Path) -> tuple[np.ndarray, Grid]:
    """Return array and grid of the only series of a folder as SimpleITK's series reader gives them."""
    import SimpleITK as sitk

    reader = sitk.ImageSeriesReader()
    (uid,) = reader.GetGDCMSeriesIDs(str(folder))
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), uid))
    image = reader.Execute()
    columns = np.array(image.GetDirection()).reshape(3, 3)
    rows = tuple(tuple(float(v) for v in columns[:, axis]) for axis in (2, 1, 0))
    array = sitk.GetArrayFromImage(image)
    return array, Grid(array.shape, image.GetSpacing()[::-1], image.GetOrigin(), rows)  # type: ignore[arg-type]


def physical(volume: Volume, index_zyx: tuple[float, float, float]) -> np.ndarray:
    """Return the LPS point of a voxel."""
    return volume.grid.to_lps(index_zyx)
