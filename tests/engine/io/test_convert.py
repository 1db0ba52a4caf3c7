"""Image files to other formats, without a word of the values lost."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import InputError
from engine.io.convert import convert_file
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid
from tests.support.image_files import ct, itk, nifti


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.float64])
def test_the_type_of_voxel_is_kept(tmp_path, dtype):
    values = np.clip(ct() + 1024, 0, 120).astype(dtype)
    convert_file(itk(tmp_path / "a.nrrd", values), tmp_path / "b.mha")
    image = sitk.ReadImage(str(tmp_path / "b.mha"))
    assert array_of(image).dtype == dtype
    np.testing.assert_array_equal(array_of(image), values)
    assert grid_of(image).matches(oblique_grid(), 1e-6)


def test_fractions_of_a_scaled_file_become_floats(tmp_path):
    path = nifti(tmp_path / "a.nii", ct(), scl=(0.3, 1.0))
    convert_file(path, tmp_path / "b.nrrd")
    values = array_of(sitk.ReadImage(str(tmp_path / "b.nrrd")))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, ct() * np.float32(0.3) + 1, atol=1e-3)


def test_a_tilted_file_is_resampled_and_says_so(tmp_path):
    shear = {"qform_code": 0, "srow_y": (0.0, -0.8, -0.9, 0.0)}
    notices = convert_file(nifti(tmp_path / "a.nii", ct(), **shear), tmp_path / "b.nrrd")
    assert "shear-corrected" in {n.code for n in notices}
    direction = np.array(sitk.ReadImage(str(tmp_path / "b.nrrd")).GetDirection()).reshape(3, 3)
    np.testing.assert_allclose(direction @ direction.T, np.eye(3), atol=1e-9)
    with pytest.raises(InputError, match="float32"):
        convert_file(nifti(tmp_path / "c.nii", ct().astype(np.float32), **shear), tmp_path / "d.nrrd")
