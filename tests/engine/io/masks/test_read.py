"""Masks of other programs: values, names, grids."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from engine.case.labelset import default_labelset
from engine.core.errors import ChoiceNeeded, FormatError, GeometryError, InputError
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras
from engine.geometry.resample import labels_to
from engine.io.masks.label_names import apply_mapping
from engine.io.masks.read import overlap_notice, read_mask
from engine.io.masks.write import write_labels
from tests.support.grids import itk_image, itk_resampled, oblique_grid
from tests.support.image_files import SHAPE, ct, itk, nifti, patch
from tests.support.shared_data import shared_data


def codes(mask) -> set[str]:
    return {notice.code for notice in mask.notices}


def some_mask(dtype=np.uint8, values=(1, 2, 7)) -> np.ndarray:
    return np.random.default_rng(1).choice([0, 0, *values], size=SHAPE).astype(dtype)


def original(mask) -> np.ndarray:
    return np.array(mask.values, dtype=np.int64)[mask.index]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64,
                                   np.float32, np.float64])  # fmt: skip
@pytest.mark.parametrize("name", ["m.nii.gz", "m.nrrd", "m.mha"])
def test_every_type_of_voxel_is_read(tmp_path, dtype, name):
    array = some_mask(dtype)
    path = tmp_path / name
    if name == "m.nii.gz":
        image = nib.Nifti1Image(array.T, affine_ras(oblique_grid()), dtype=dtype)
        nib.save(image, path)
    else:
        itk(path, array)
    mask = read_mask(path, oblique_grid())
    assert mask.index.dtype == np.uint8
    np.testing.assert_array_equal(original(mask), array)
    assert mask.counts == {v: int((array == v).sum()) for v in (1, 2, 7)}


def test_a_grid_off_by_rounding_is_the_same_grid(tmp_path):
    grid = oblique_grid()
    off = Grid(grid.shape_zyx, tuple(s + 2e-5 for s in grid.spacing_zyx_mm), tuple(o + 1e-3 for o in grid.origin_lps),
               grid.direction)  # fmt: skip
    mask = read_mask(itk(tmp_path / "m.nrrd", some_mask(), off), grid)
    assert mask.grid == grid
    np.testing.assert_array_equal(original(mask), some_mask())


def test_another_grid_is_asked_about_and_resampled_with_consent(tmp_path):
    grid = oblique_grid()
    other = oblique_grid((7, 10, 9), (3.0, 1.1, 1.3), (-29.0, 13.0, 202.0))
    array = np.random.default_rng(3).integers(0, 3, other.shape_zyx).astype(np.uint8)
    path = itk(tmp_path / "m.nrrd", array, other)
    with pytest.raises(ChoiceNeeded) as asked:
        read_mask(path, grid)
    assert (asked.value.flag, asked.value.key) == ("--resample-mask", "resample_mask")
    assert "mask 7 × 10 × 9, CT 9 × 14 × 11" in asked.value.why
    with pytest.raises(GeometryError):
        read_mask(path, grid, resample_mask=False)
    mask = read_mask(path, grid, resample_mask=True)
    assert "mask-resampled" in codes(mask)
    np.testing.assert_array_equal(original(mask), labels_to(array, other, grid))
    truth = itk_resampled(array, other, grid, sitk.sitkNearestNeighbor, 0)
    assert (original(mask) == truth).mean() > 0.98


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Grid(SHAPE, (2.5, 0.8, 1.2), (-30.0, 12.5, 201.0)), "Spacing differs: mask 2.5 × 0.8 × 1.2 mm"),
        (Grid(SHAPE, (2.5, 0.8, 1.1), (-30.0, 12.5, 241.0)), "40.00 mm apart"),
        (Grid(SHAPE, (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0), ((0, 0, 1), (0, 1, 0), (-1, 0, 0))), "turned or mirrored"),
    ],
)
def test_the_difference_is_told_with_both_values(tmp_path, other, said):
    volume = Grid(SHAPE, (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0))
    with pytest.raises(ChoiceNeeded) as asked:
        read_mask(itk(tmp_path / "m.nrrd", some_mask(), other), volume)
    assert said in asked.value.why


def test_a_mask_that_meets_the_ct_nowhere_is_refused(tmp_path):
    far = Grid(SHAPE, (2.5, 0.8, 1.1), (900.0, 0.0, 0.0))
    with pytest.raises(GeometryError, match="does not meet"):
        read_mask(itk(tmp_path / "m.nrrd", some_mask(), far), oblique_grid(), resample_mask=True)


def test_a_tilted_mask_follows_its_tilted_ct(tmp_path):
    from engine.io.nifti.read import FORMAT

    grid = Grid((12, 20, 9), (2.5, 0.8, 1.1))
    hu = np.full(grid.shape_zyx, -900, np.int16)
    block = np.zeros(grid.shape_zyx, np.uint8)
    block[3:9, 5:15, 2:7] = 1
    hu[block > 0] = 60
    shear = {"qform_code": 0, "srow_y": (0.0, -0.8, -0.9, 0.0)}
    volume = FORMAT.volume(nifti(tmp_path / "ct.nii", hu, grid, **shear))
    mask = read_mask(nifti(tmp_path / "m.nii", block, grid, **shear), volume.grid)
    assert mask.grid == volume.grid
    assert (volume.hu[mask.index > 0] > -450).mean() > 0.97
    assert (mask.index[volume.hu > 0] > 0).mean() > 0.97


def test_names_come_from_the_json_beside_or_from_slicer(tmp_path):
    labels = some_mask(values=(1, 3, 4))
    path, beside = write_labels(tmp_path / "m.nii.gz", labels, oblique_grid(), default_labelset())
    mask = read_mask(path, oblique_grid())
    assert mask.names[3] == "Ground-glass"
    assert mask.keys[3] == "ground_glass"
    assert mask.colours[4] == "#d55e00"
    beside.write_text("{not json", encoding="utf-8")
    nameless = read_mask(path, oblique_grid())
    assert codes(nameless) == {"label-names-unknown"}
    assert not nameless.names


def test_a_mask_beside_the_lung_is_warned_about():
    hu = np.full((30, 60, 60), 40, np.int16)
    hu[:, 10:30, 10:50] = -850
    inside, outside = np.zeros(hu.shape, np.uint8), np.zeros(hu.shape, np.uint8)
    inside[5:20, 12:25, 15:40] = 3
    outside[5:20, 48:58, 15:40] = 3
    assert overlap_notice(inside, hu, "m") == ()
    (notice,) = overlap_notice(outside, hu, "m")
    assert notice.code == "mask-not-in-lung"
    assert overlap_notice(outside * 0, hu, "m") == ()


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_what_is_no_image_is_refused_by_name(tmp_path, content):
    (tmp_path / "m.nii.gz").write_bytes(content)
    with pytest.raises(FormatError, match=r"“m.nii.gz”"):
        read_mask(tmp_path / "m.nii.gz")


def test_qform_against_sform_is_asked_for_masks_too(tmp_path):
    path = nifti(tmp_path / "m.nii", some_mask(), Grid(SHAPE, (3.0, 0.7, 0.7)))
    patch(path, pixdim=(1, 0.7, 0.7, 1.5, 0, 0, 0, 0))
    with pytest.raises(ChoiceNeeded, match="two ways"):
        read_mask(path)


REAL = [
    ("coronacases_001", "lung", (-1000, -500)), ("coronacases_001", "infection", (-900, -100)),
    ("coronacases_002", "infection", (-900, -100)), ("coronacases_004", "infection", (-900, -100)),
    ("LUNG1-001", "effusion", (-60, 60)), ("LUNG1-005", "effusion", (-60, 60)), ("LUNG1-018", "effusion", (-80, 60)),
    ("LUNG1-001", "lung_auto", (-950, -600)), ("COVID-CT-MD_P001", "lung_auto", (-950, -600)),
]  # fmt: skip


@pytest.mark.parametrize(("case", "name", "hu_range"), REAL)
def test_real_masks_lie_where_they_should(case, name, hu_range):
    from engine.io.nifti.read import FORMAT

    volume = FORMAT.volume(shared_data("evaluation", case, "ct.nii.gz"))
    mask = read_mask(shared_data("evaluation", case, f"{name}.nii.gz"), volume.grid)
    inside = volume.hu[mask.index > 0]
    assert hu_range[0] < float(np.mean(inside)) < hu_range[1]
    labels = apply_mapping(mask, {1: 3})
    assert overlap_notice(labels, volume.hu, name) == ()
    if name == "infection":
        lung = read_mask(shared_data("evaluation", case, "lung.nii.gz"), volume.grid)
        assert (lung.index[mask.index > 0] > 0).mean() > 0.95


def test_itk_images_of_masks_agree(tmp_path):
    image = itk_image(some_mask(), oblique_grid())
    sitk.WriteImage(image, str(tmp_path / "m.nii.gz"))
    np.testing.assert_array_equal(original(read_mask(tmp_path / "m.nii.gz", oblique_grid())), some_mask())
    assert ct().shape == SHAPE


def test_a_mask_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="not there"):
        read_mask(tmp_path / "none.nii.gz")
