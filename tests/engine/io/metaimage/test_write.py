"""MetaImage files of ours, read by ITK; the header against the bytes behind it."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from engine.io.export.image import write_image
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"]
)
def test_itk_finds_grid_type_and_voxels(tmp_path, dtype):
    grid = oblique_grid((4, 7, 5))
    values = np.random.default_rng(4).integers(0, 120, grid.shape_zyx).astype(dtype)
    write_image(tmp_path / "a.mha", values, grid)
    image = sitk.ReadImage(str(tmp_path / "a.mha"))
    assert grid_of(image).matches(grid, 1e-6)
    assert array_of(image).dtype == dtype
    np.testing.assert_array_equal(array_of(image), values)


def test_the_header_tells_how_many_bytes_follow(tmp_path):
    grid = oblique_grid((4, 7, 5))
    write_image(tmp_path / "a.mha", np.full(grid.shape_zyx, -900, np.int16), grid)
    header, _, data = (tmp_path / "a.mha").read_bytes().partition(b"ElementDataFile = LOCAL\n")
    fields = dict(line.split(" = ", 1) for line in header.decode("ascii").splitlines())
    assert int(fields["CompressedDataSize"]) == len(data)
    assert len(zlib.decompress(data)) == 4 * 7 * 5 * 2
    assert fields["DimSize"] == "5 7 4"
