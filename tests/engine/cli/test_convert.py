"""`groundglass convert`: any format to any other, same grid, same values."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest
import SimpleITK as sitk

from engine.case.labelset import default_labelset
from engine.cli.main import main
from engine.io.masks.write import write_labels
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid
from tests.support.image_files import ct, itk, nifti, patch
from tests.support.shared_data import shared_data

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


@pytest.mark.parametrize(("source", "target"), [p for p in product(SUFFIXES, SUFFIXES) if p[0] != p[1]])
def test_any_to_any_keeps_grid_values_and_type(tmp_path, capsys, source, target):
    values = ct().astype(np.float32) + np.float32(0.25)
    values[1, 2, 3] = np.nan
    path = nifti(tmp_path / f"a{source}", values) if ".nii" in source else itk(tmp_path / f"a{source}", values)
    out = tmp_path / f"b{target}"
    assert main(["convert", str(path), "-o", str(out)]) == 0
    image = sitk.ReadImage(str(out))
    ours = array_of(image)
    if ".nii" in target:  # ITK's NIfTI reader turns NaN into 0
        values[1, 2, 3] = ours[1, 2, 3] = 0
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, values)
    assert grid_of(image).matches(oblique_grid(), 1e-3)
    assert capsys.readouterr().out.strip() == str(out)


def test_padding_and_odd_values_are_not_touched(tmp_path):
    values = ct()
    values[:, 0] = -3024
    out = tmp_path / "b.nrrd"
    assert main(["convert", str(nifti(tmp_path / "a.nii", values)), "-o", str(out)]) == 0
    np.testing.assert_array_equal(array_of(sitk.ReadImage(str(out))), values)


def test_scaled_values_become_what_they_mean(tmp_path):
    path = nifti(tmp_path / "a.nii", (ct() + 1024).astype(np.uint16), scl=(1.0, -1024.0))
    assert main(["convert", str(path), "-o", str(tmp_path / "b.mha")]) == 0
    image = sitk.ReadImage(str(tmp_path / "b.mha"))
    assert array_of(image).dtype == np.int16
    np.testing.assert_array_equal(array_of(image), ct())


def test_names_of_labels_travel_along(tmp_path):
    labels = np.random.default_rng(0).integers(0, 6, (5, 6, 7)).astype(np.uint8)
    source, beside = write_labels(tmp_path / "a.seg.nrrd", labels, oblique_grid((5, 6, 7)), default_labelset())
    beside.unlink()
    assert main(["convert", str(source), "-o", str(tmp_path / "b.nii.gz")]) == 0
    rows = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))["labels"]
    assert [(r["id"], r["name"], r["colour"]) for r in rows if r["id"] == 3] == [(3, "Ground-glass", "#f0e442")]
    np.testing.assert_array_equal(array_of(sitk.ReadImage(str(tmp_path / "b.nii.gz"))), labels)


def test_a_question_ends_with_2_and_the_answer_works(tmp_path, capsys):
    path = nifti(tmp_path / "a.nii", ct())
    patch(path, pixdim=(1, 0.7, 0.7, 1.5, 0, 0, 0, 0))
    out = tmp_path / "b.nrrd"
    assert main(["convert", str(path), "-o", str(out)]) == 2
    told = capsys.readouterr()
    assert "--geometry" in told.err
    assert told.out == ""
    assert not out.exists()
    assert main(["convert", str(path), "-o", str(out), "--geometry", "qform"]) == 0
    assert grid_of(sitk.ReadImage(str(out))).spacing_zyx_mm[0] == pytest.approx(1.5)


def test_nothing_is_overwritten_unasked(tmp_path, capsys):
    path, out = nifti(tmp_path / "a.nii", ct()), tmp_path / "b.nrrd"
    out.write_bytes(b"mine")
    assert main(["convert", str(path), "-o", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"
    assert main(["convert", str(path), "-o", str(out), "--overwrite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"output": str(out), "warnings": []}


@pytest.mark.parametrize("arguments", [["gone.nii", "-o", "b.nrrd"], ["a.nii", "-o", "b.png"]])
def test_what_cannot_be_done_is_three_lines(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    nifti(tmp_path / "a.nii", ct())
    assert main(["convert", *arguments]) in (2, 3)
    assert 1 <= len(capsys.readouterr().err.strip().splitlines()) <= 3


def test_dicom_becomes_hounsfield_units(tmp_path):
    source = shared_data("dicom", "siemens_sensation10_lungdx-a0002.zip")
    out = tmp_path / "ct.nii.gz"
    assert main(["convert", str(source), "-o", str(out)]) == 0
    import zipfile

    folder = tmp_path / "series"
    with zipfile.ZipFile(source) as archive:
        archive.extractall(folder)
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(
        str(next(p.parent for p in folder.rglob("*") if p.is_file() and p.suffix in ("", ".dcm")))
    )
    truth = sitk.ReadImage(files)
    image = sitk.ReadImage(str(out))
    assert grid_of(image).matches(grid_of(truth), 1e-2)
    np.testing.assert_array_equal(array_of(image), np.maximum(array_of(truth), -1024))


def test_help_has_two_examples(capsys):
    assert main(["convert", "--help"]) == 0
    assert capsys.readouterr().out.count("  groundglass convert ") >= 2


def test_a_source_that_is_not_there_is_bad_input(tmp_path, capsys):
    assert main(["convert", str(tmp_path / "none.nii"), "-o", str(tmp_path / "b.nrrd")]) == 2
    assert "not there" in capsys.readouterr().err
