"""Series of real scanners, every transfer syntax, a tilted head scan: compared with SimpleITK and pydicom."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from engine.io.dicom.codec import is_lossy
from engine.io.options import ReadOptions
from engine.io.source import open_volume, scan
from tests.support.reading import by_itk, codes
from tests.support.shared_data import shared_data

SERIES = [
    ("ge_discovery_ls_acrin-flt-breast-001.zip", [(24, 4.25), (24, 4.25)]),
    ("jpeg_lossless_ricord-1a-001012.zip", [(24, 1.25)]),
    ("philips_brilliance16_lungdx-a0001.zip", [(64, 5.0)]),
    ("siemens_sensation10_lungdx-a0002.zip", [(30, 8.0)]),
]


@pytest.mark.parametrize(("name", "expected"), SERIES)
def test_series_of_scanners_are_read_as_simpleitk_reads_them(
    tmp_path: Path, name: str, expected: list[tuple[int, float]]
) -> None:
    with zipfile.ZipFile(shared_data("dicom", name)) as archive:
        archive.extractall(tmp_path / "all")
    found = scan(tmp_path / "all")
    assert sorted((r.slices, r.spacing_zyx_mm[0]) for r in found.rows if r.spacing_zyx_mm) == sorted(expected)
    for row in found.rows:
        volume = open_volume(row)
        folder = tmp_path / str(row.number)
        folder.mkdir()
        for one in row.handle:  # type: ignore[attr-defined]
            (folder / one.name).hardlink_to(one.member.path)
        array, grid = by_itk(folder)
        np.testing.assert_array_equal(volume.hu, np.maximum(array, -1024))
        assert volume.grid.matches(grid)
        assert row.is_chest_ct
        assert volume.has_hu


def test_a_zipped_series_is_the_one_unpacked(tmp_path: Path) -> None:
    path = shared_data("dicom", "jpeg_lossless_ricord-1a-001012.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    np.testing.assert_array_equal(open_volume(path).hu, open_volume(tmp_path).hu)


SYNTAXES = 19


def test_every_transfer_syntax_gives_the_values_of_the_original(tmp_path: Path) -> None:
    with zipfile.ZipFile(shared_data("oddities", "transfer_syntaxes_ct.zip")) as archive:
        archive.extractall(tmp_path)
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    assert len(files) == SYNTAXES
    original = next(p for p in files if p.name == "CTImage.dcm")
    truth = np.maximum(open_volume(original).hu[0].astype(int), -1024)
    read = 0
    for path in files:
        volume = open_volume(path, ReadOptions(pixel_spacing_mm=1.0, slice_spacing_mm=5.0, rescale="as-is"))
        read += 1
        syntax = str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)
        assert ("lossy" in codes(volume)) is is_lossy(syntax)
        if path.name.startswith("CTImage.dcm"):
            off = np.abs(volume.hu[0].astype(int) - truth)
            if is_lossy(syntax):
                # 8-bit baseline has 32 HU a grey level; the others err by compression noise only.
                assert np.median(off) <= (17 if syntax.endswith(".50") else 8), path.name
            else:
                assert off.max() == 0, path.name
    assert read == SYNTAXES


def test_a_series_of_two_thicknesses_under_one_tilt_becomes_two_upright_volumes() -> None:
    found = scan(shared_data("oddities", "ge_hispeed_variable_tilt_variable_spacing.zip"))
    assert sorted((r.slices, round(r.spacing_zyx_mm[0], 2)) for r in found.rows if r.spacing_zyx_mm) == [
        (14, 4.0),
        (14, 7.0),
    ]
    for row in found.rows:
        volume = open_volume(row)
        assert {"tilt-corrected", "not-chest"} <= set(codes(volume))
        assert "18.5°" in next(n.text for n in volume.notices if n.code == "tilt-corrected")
        # A pixel of the first and the last slice lies where its own slice says.
        slices = sorted(row.handle, key=lambda s: s.position[2])  # type: ignore[call-overload]
        for z, one in ((0, slices[0]), (13, slices[-1])):
            along_row, along_column = np.array(one.orientation[:3]), np.array(one.orientation[3:])
            place = np.array(one.position) + one.pixel_spacing[0] * 200 * along_column
            place = place + one.pixel_spacing[1] * 100 * along_row
            index = volume.grid.to_index(place)
            assert index[0] == pytest.approx(z, abs=1e-3)
            assert index[2] == pytest.approx(100, abs=1e-3)
            assert 200 <= index[1] < volume.grid.shape_zyx[1]


def test_a_slice_taken_from_a_real_series_is_interpolated_and_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(shared_data("dicom", "jpeg_lossless_ricord-1a-001012.zip")) as archive:
        archive.extractall(tmp_path)
    next(tmp_path.rglob("1-130.dcm")).unlink()
    volume = open_volume(tmp_path)
    assert volume.grid.shape_zyx == (24, 512, 512)
    assert volume.grid.spacing_zyx_mm[0] == pytest.approx(1.25)
    assert "gap-filled" in codes(volume)
