"""Folders of labelled cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import GeometryError, InputError
from engine.io.case_folders import case_folders, mask_files, read_labelled


def write(path: Path, array: np.ndarray, spacing: tuple[float, float, float] = (0.8, 0.9, 2.5)) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    ct = np.full((4, 6, 8), -800, np.int16)
    for name in ("patient-02", "patient-01"):
        write(tmp_path / name / "ct.nii.gz", ct)
        mask = np.zeros(ct.shape, np.uint8)
        mask[1:3, 2:4, 3:6] = 1
        write(tmp_path / name / "infection.nrrd", mask)
    write(tmp_path / "no-mask" / "ct.nii.gz", ct)
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_cases_are_folders_with_a_ct_and_a_mask_in_order(cases: Path) -> None:
    assert [p.name for p in case_folders(cases)] == ["patient-01", "patient-02"]


def test_a_case_comes_with_its_masks(cases: Path) -> None:
    case = read_labelled(cases / "patient-01")
    assert case.name == "patient-01"
    assert set(case.masks) == {"infection"} == set(mask_files(cases / "patient-01"))
    assert case.masks["infection"].sum() == 12
    assert case.volume.hu.shape == case.masks["infection"].shape


def test_a_mask_on_another_grid_is_named(cases: Path) -> None:
    write(cases / "patient-01" / "lung.nii.gz", np.ones((4, 6, 8), np.uint8), (0.8, 0.9, 3.0))
    with pytest.raises(GeometryError, match=r"lung\.nii\.gz.*patient-01"):
        read_labelled(cases / "patient-01")


def test_a_folder_without_cases_says_what_a_case_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ct\.nii\.gz"):
        case_folders(tmp_path)
    with pytest.raises(InputError, match=r"no ct\.nii\.gz"):
        read_labelled(tmp_path)
