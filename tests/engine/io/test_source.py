from __future__ import annotations

import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from engine.case.volume import Volume
from engine.core.errors import ChoiceNeeded, DicomError, FormatError, InputError
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras
from engine.io.masks.write import write_volume
from engine.io.options import ReadOptions
from engine.io.source import best_row, open_volume, scan, thumbnail
from tests.support import dicom_corpus as corpus
from tests.support.grids import oblique_grid
from tests.support.image_files import ct


def nifti(path: Path, hu: np.ndarray) -> Path:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(hu)
    image.SetSpacing(corpus.SPACING[::-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


def test_one_file_opens_alone_whatever_its_name(tmp_path: Path) -> None:
    series = corpus.Series()
    path = corpus.write_one(series.slices[2], tmp_path / "scan.jpg")
    np.testing.assert_array_equal(open_volume(path).hu, series.hu[2:3])


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
def test_other_formats_go_through_the_same_door(tmp_path: Path, suffix: str) -> None:
    path = nifti(tmp_path / f"ct{suffix}", corpus.phantom())
    first: list[Volume] = []
    ranges: list[tuple[int, int]] = []
    volume = open_volume(path, started=first.append, filled=lambda a, b: ranges.append((a, b)))
    np.testing.assert_array_equal(volume.hu, corpus.phantom())
    assert first == [volume]
    assert ranges == [(0, 9)]
    (row,) = scan(path).rows
    assert (row.slices, row.rows, row.columns) == corpus.SHAPE
    assert row.spacing_zyx_mm == pytest.approx(corpus.SPACING)


def test_other_formats_are_read_out_of_a_zip_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    nifti(tmp_path / "in" / "ct.nii.gz", corpus.phantom())
    path = corpus.zipped(tmp_path / "in", tmp_path / "case.zip")
    temp = tmp_path / "temp"
    temp.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    np.testing.assert_array_equal(open_volume(path).hu, corpus.phantom())
    assert list(temp.iterdir()) == []


def test_a_damaged_member_is_called_by_its_own_name(tmp_path: Path) -> None:
    data = nifti(tmp_path / "ct.nii", corpus.phantom()).read_bytes()
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.writestr("study/ct.nii", data[:-500])
    with pytest.raises(FormatError) as error:
        open_volume(tmp_path / "case.zip")
    assert "ct.nii" in str(error.value)
    assert "image.nii" not in str(error.value)


def test_beside_its_masks_the_ct_is_taken(tmp_path: Path) -> None:
    for name in ("infection.nii.gz", "lung_mask.nii.gz", "ct.nii.gz"):
        nifti(tmp_path / name, corpus.phantom())
    found = scan(tmp_path)
    assert best_row(found).description == "ct.nii.gz"
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "nowhere", "is not there"),
        (lambda p: _written(p / "empty", b""), "0 bytes"),
        (lambda p: _written(p / "text", b"hello world"), "no image"),
        (lambda p: _made(p / "folder"), "It is empty"),
        (lambda p: _written(p / "nul", b"x").with_name("a\0b"), "is not there"),
    ],
)
def test_what_is_nothing_says_so_in_three_sentences(tmp_path: Path, make: object, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        scan(make(tmp_path))  # type: ignore[operator]
    assert len(error.value.lines) == 3


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_row_that_does_not_open_says_why(tmp_path: Path) -> None:
    corpus.ODDITIES["colour"](tmp_path / "s")
    found = scan(tmp_path / "s")
    assert found.best is None
    with pytest.raises(DicomError, match="colour picture"):
        open_volume(found.rows[0])
    with pytest.raises(DicomError, match="Nothing in it can be opened"):
        open_volume(tmp_path / "s")


def test_a_file_alone_that_does_not_open_says_why_in_its_own_words(tmp_path: Path) -> None:
    path = nifti(tmp_path / "ct.mha", corpus.phantom())
    data = path.read_bytes()
    assert b"DimSize" in data
    path.write_bytes(data.replace(b"DimSize", b"DumSize"))
    with pytest.raises(FormatError, match="DimSize") as alone:
        open_volume(path)
    assert "ct.mha" in alone.value.what
    assert alone.value.fix
    with pytest.raises(FormatError, match="DimSize"):
        open_volume(scan(path).rows[0])


PERMISSIVE = ReadOptions(
    slice_spacing_mm=1.0,
    pixel_spacing_mm=1.0,
    rescale="as-is",
    fill_gaps="interpolate",
    duplicates="first",
    modality="any",
)


@pytest.mark.parametrize("name", corpus.ODDITIES)
def test_every_oddity_ends_in_a_volume_or_in_words(tmp_path: Path, name: str) -> None:
    corpus.ODDITIES[name](tmp_path / "s")
    path = corpus.zipped(tmp_path / "s", tmp_path / "s.zip")
    for source in (tmp_path / "s", path):
        for row in scan(source).rows:
            assert thumbnail(row, size=24).shape[0] <= 24
            for options in (ReadOptions(), PERMISSIVE):
                if not row.loadable:
                    with pytest.raises(DicomError, match="cannot be opened"):
                        open_volume(row, options)
                    continue
                try:
                    volume = open_volume(row, options)
                except ChoiceNeeded as question:
                    words = question.lines
                    volume = open_volume(row, PERMISSIVE)
                else:
                    words = ()
                assert volume.hu.shape == volume.grid.shape_zyx
                assert not volume.hu.flags.writeable
                assert volume.hu.min() >= -1024
                assert all(n.text.endswith(".") for n in volume.notices)
                assert not (words and options is PERMISSIVE)


def a_pair(folder: Path) -> Path:
    pair = nib.Nifti1Pair(ct().T, affine_ras(oblique_grid()))
    pair.set_sform(pair.affine, 1)
    nib.save(pair, folder / "b.hdr")
    return folder / "b.img"


def test_the_voxels_of_a_nifti_pair_can_be_named_as_well_as_its_header(tmp_path: Path) -> None:
    path = a_pair(tmp_path)
    for named in (path, path.with_suffix(".hdr"), tmp_path):
        found = scan(named)
        assert [row.kind for row in found.rows] == ["nifti"]
        np.testing.assert_array_equal(open_volume(named).hu, ct())
    path.with_suffix(".hdr").unlink()
    with pytest.raises(FormatError, match="one half of a pair"):
        scan(path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_has_a_picture_too(tmp_path: Path, suffix: str, zipped: bool) -> None:
    hu = corpus.phantom((9, 40, 52))
    grid = Grid(hu.shape, (2.5, 0.7, 0.8), (1.0, 2.0, 3.0))
    path = write_volume(tmp_path / f"a{suffix}", hu, grid)
    if zipped:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(path, path.name)
        path = tmp_path / "a.zip"
    (row,) = scan(path).rows
    picture = thumbnail(row, size=96)
    assert picture.shape == (round(96 * 40 * 0.7 / (52 * 0.8)), 96)
    assert picture[0, 0] < 70  # air
    assert picture[10, 48] > 200  # chest wall
    assert 60 < picture[30, 28] < 110  # lung
    if not zipped:
        path.unlink()
        assert not thumbnail(row, size=96).any()
