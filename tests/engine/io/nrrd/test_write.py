"""NRRD files of ours, read by ITK and by eye."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from engine.io.export.image import write_image
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid


def test_itk_finds_grid_voxels_and_keys(tmp_path):
    grid = oblique_grid((4, 7, 5))
    values = np.random.default_rng(4).normal(0, 300, grid.shape_zyx).astype(np.float32)
    write_image(tmp_path / "a.nrrd", values, grid, keys={"Segment0_Name": "Milchglas rechts"})
    image = sitk.ReadImage(str(tmp_path / "a.nrrd"))
    assert grid_of(image).matches(grid, 1e-6)
    np.testing.assert_array_equal(array_of(image), values)
    assert image.GetMetaData("Segment0_Name") == "Milchglas rechts"


def test_a_name_of_several_lines_cannot_write_header_lines_of_its_own(tmp_path):
    grid = oblique_grid((4, 7, 5))
    labels = np.zeros(grid.shape_zyx, np.uint8)
    write_image(tmp_path / "a.nrrd", labels, grid, keys={"Segment0_Name": "a\n\nsizes: 1 1 1\r\nend"})
    header = (tmp_path / "a.nrrd").read_bytes().partition(b"\n\n")[0].decode()
    assert "Segment0_Name:=a  sizes: 1 1 1  end" in header.splitlines()
    assert sum(line.startswith("sizes:") for line in header.splitlines()) == 1
