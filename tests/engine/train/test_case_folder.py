"""Cases of a folder: any orientation, the labels that were drawn, clear words about the rest."""

import nibabel as nib
import numpy as np
import pytest

from engine.core.errors import GeometryError, InputError
from engine.train.case_folder import read_case
from tests.support.training import tiny_sample

SPACING = (2.5, 1.5, 1.5)
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def _write(folder, name, array, affine):
    folder.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), affine), folder / f"{name}.nii.gz")


@pytest.fixture
def case(tmp_path):
    sample = tiny_sample()
    affine = LPS_TO_RAS @ np.diag([1.5, 1.5, 2.5, 1.0])
    folder = tmp_path / "p01"
    _write(folder, "ct", sample.hu, affine)
    _write(folder, "lung", (sample.lungs > 0).astype(np.uint8), affine)
    _write(folder, "infection", (sample.labels == 3).astype(np.uint8), affine)
    return folder, sample


def test_lungs_are_told_apart_and_infection_is_kept(case):
    folder, sample = case
    got = read_case(folder, SPACING)
    assert got.annotated == {"lung_right", "lung_left"}
    np.testing.assert_array_equal(got.lungs, sample.lungs)
    np.testing.assert_array_equal(got.infection, sample.labels == 3)
    np.testing.assert_array_equal(got.hu, sample.hu)


def test_a_volume_stored_the_other_way_round_is_turned(tmp_path, case):
    _, sample = case
    affine = np.diag([1.5, -1.5, 2.5, 1.0])
    affine[:3, 3] = -(sample.hu.shape[2] - 1) * 1.5, 0.0, 0.0
    other = tmp_path / "p02"
    _write(other, "ct", sample.hu[:, :, ::-1], affine)
    _write(other, "lung_right", (sample.lungs == 1).astype(np.uint8)[:, :, ::-1], affine)
    got = read_case(other, SPACING)
    np.testing.assert_array_equal(got.hu, sample.hu)
    np.testing.assert_array_equal(got.lungs == 1, sample.lungs == 1)
    assert got.annotated == {"lung_right"}


def test_a_mask_on_another_grid_is_refused(case):
    folder, sample = case
    _write(folder, "effusion", (sample.labels == 3).astype(np.uint8)[:-2], LPS_TO_RAS @ np.diag([1.5, 1.5, 2.5, 1.0]))
    with pytest.raises(GeometryError, match="effusion"):
        read_case(folder, SPACING)


def test_grey_levels_given_as_hounsfield_units_are_refused(tmp_path, case):
    """A window of a CT stored in 8 bits, as some public sets are: 0 … 255 would be learned as soft tissue."""
    _, sample = case
    grey = np.clip((sample.hu.astype(float) + 1000) * 255 / 1400, 0, 255).astype(np.uint8)
    affine = LPS_TO_RAS @ np.diag([1.5, 1.5, 2.5, 1.0])
    _write(tmp_path / "p03", "ct", grey, affine)
    _write(tmp_path / "p03", "lung", (sample.lungs > 0).astype(np.uint8), affine)
    with pytest.raises(InputError, match=r"p03.*no Hounsfield units") as told:
        read_case(tmp_path / "p03", SPACING)
    assert told.value.exit_code == 2
    assert "from 18 to 199" in told.value.why
