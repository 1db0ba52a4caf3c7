"""Folders of labelled cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import FormatError, GeometryError, InputError
from engine.io.case_folders import case_folders, mask_files, read_labelled, read_scan, scan_hash
from engine.io.masks.write import write_volume
from tests.support.dicom_corpus import Series


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


def test_a_ct_may_be_a_dicom_series_and_its_mask_stored_in_another_order(tmp_path: Path) -> None:
    """A series in the folder ``ct``, and the mask as a NIfTI with x and y the other way round, as many write it."""
    series = Series()
    (tmp_path / "p" / "ct").mkdir(parents=True)
    series.write(tmp_path / "p" / "ct")
    volume = read_scan(tmp_path / "p")
    mask = np.zeros(volume.hu.shape, np.uint8)
    mask[2:4, 3:9, 5:20] = 1
    grid = volume.grid
    corner = grid.to_lps([0, grid.shape_zyx[1] - 1, grid.shape_zyx[2] - 1])
    z, y, x = grid.direction
    turned = replace(
        grid,
        origin_lps=(float(corner[0]), float(corner[1]), float(corner[2])),
        direction=(z, (-y[0], -y[1], -y[2]), (-x[0], -x[1], -x[2])),
    )
    write_volume(tmp_path / "p" / "infection.nii.gz", mask[:, ::-1, ::-1].astype(np.int16), turned)
    assert [p.name for p in case_folders(tmp_path)] == ["p"]
    case = read_labelled(tmp_path / "p")
    np.testing.assert_array_equal(case.masks["infection"], mask > 0)
    np.testing.assert_array_equal(case.volume.hu, volume.hu)


def test_a_mask_of_one_label_with_several_values_is_refused_but_both_lungs_may_be_1_and_2(cases: Path) -> None:
    several = np.zeros((4, 6, 8), np.uint8)
    several[1:3, 1:5, 2], several[1:3, 1:5, 5] = 1, 2
    write(cases / "patient-01" / "lung.nii.gz", several)
    assert read_labelled(cases / "patient-01").masks["lung"].sum() == 16
    write(cases / "patient-01" / "ground_glass.nii.gz", several)
    with pytest.raises(FormatError, match=r"ground_glass\.nii\.gz.*patient-01.*holds 2 values") as told:
        read_labelled(cases / "patient-01")
    assert "1, 2" in told.value.why
    assert told.value.exit_code == 2


def test_an_empty_mask_says_there_is_none(cases: Path) -> None:
    write(cases / "patient-01" / "effusion.nii.gz", np.zeros((4, 6, 8), np.uint8))
    masks = read_labelled(cases / "patient-01").masks
    assert masks["effusion"].sum() == 0
    assert "consolidation" not in masks


def test_the_same_scan_has_the_same_hash_wherever_it_lies(tmp_path: Path) -> None:
    for name, slices in (("a", 5), ("b", 5), ("c", 4)):
        (tmp_path / name / "dicom").mkdir(parents=True)
        for z in range(slices):
            (tmp_path / name / "dicom" / f"{z}.dcm").write_bytes(bytes([z]) * 9)
    hashes = [scan_hash(tmp_path / name) for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]
