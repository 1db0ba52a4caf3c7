"""`groundglass export`: a saved case or a mask, to masks and figures."""

from __future__ import annotations

import csv
import json

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.findings import measure
from engine.case.journal import Journal
from engine.case.labelset import default_labelset
from engine.case.volume import SeriesInfo, Volume
from engine.cli.main import main
from engine.core.paths import state_dir
from engine.geometry.box import Box
from engine.io.masks.write import write_labels, write_volume
from engine.io.sitk_bridge import array_of, grid_of
from engine.io.source import open_volume
from tests.support import dicom_corpus as corpus
from tests.support.grids import oblique_grid
from tests.support.planted import secrets_of


@pytest.fixture
def saved():
    """A closed case with two strokes, one of them undone."""
    grid = oblique_grid((6, 9, 8))
    volume = Volume(np.zeros(grid.shape_zyx, np.int16), grid, SeriesInfo("CT 6 slices 2.5 mm", "nifti", uid_hash="ab"))
    case = Case(volume)
    folder = state_dir() / "cases"
    journal = Journal.open(folder, case)
    for value, author in ((3, "you"), (4, "ra-unet-1")):
        box = Box((1, 1, value), (4, 7, value + 2))
        case.history.apply(
            Delta.between(case.labels, box, np.full(box.shape, value, np.uint8), title="x", author=author)
        )
    case.history.undo()
    labels = case.labels.data.copy()
    journal.close()
    return journal.place, labels, grid


@pytest.mark.parametrize("by", ["name", "folder", "path"])
def test_a_saved_case_is_exported_as_it_was_left(saved, tmp_path, capsys, by):
    place, labels, grid = saved
    case = {"name": "CT 6 slices 2.5 mm", "folder": place.name, "path": str(place)}[by]
    assert main(["export", case, "-o", str(tmp_path / "m.nii.gz")]) == 0
    image = sitk.ReadImage(str(tmp_path / "m.nii.gz"))
    np.testing.assert_array_equal(array_of(image), labels)
    assert grid_of(image).matches(grid, 1e-4)
    data = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert data["source"] == "CT 6 slices 2.5 mm"
    assert data["authors"] == ["you"]
    told = capsys.readouterr()
    assert told.out.split() == [str(tmp_path / "m.nii.gz"), str(tmp_path / "m.json")]
    assert "HU are left out" in told.err


def test_an_unknown_case_names_the_known_ones(saved, tmp_path, capsys):
    assert main(["export", "nobody", "-o", str(tmp_path / "m.nii.gz")]) == 2
    assert "CT 6 slices 2.5 mm" in capsys.readouterr().err


@pytest.fixture
def mask(tmp_path):
    labels = np.random.default_rng(0).integers(0, 6, (5, 9, 7)).astype(np.uint8)
    path, _ = write_labels(tmp_path / "in.nii.gz", labels, oblique_grid((5, 9, 7)), default_labelset())
    return path, labels


@pytest.mark.parametrize("kind", ["nifti", "nrrd", "mha"])
def test_a_mask_becomes_any_other(mask, tmp_path, kind):
    path, labels = mask
    assert main(["export", str(path), "-o", str(tmp_path / "out"), "--as", kind]) == 0
    suffix = {"nifti": ".nii.gz", "nrrd": ".seg.nrrd", "mha": ".mha"}[kind]
    np.testing.assert_array_equal(array_of(sitk.ReadImage(str(tmp_path / f"out{suffix}"))), labels)


def test_figures_of_a_mask_are_a_table(mask, tmp_path):
    path, labels = mask
    found = measure(labels, oblique_grid((5, 9, 7)), default_labelset())
    assert main(["export", str(path), "-o", str(tmp_path / "f.csv")]) == 0
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["label"]: row for row in csv.DictReader(file)}
    for line in found.labels:
        assert float(rows[line.name]["ml"]) == pytest.approx(line.ml, abs=1e-4)
        assert int(rows[line.name]["voxels"]) == line.voxels
    assert int(rows["Effusion"]["severity_from_thirds"]) == found.severity
    assert main(["export", str(path), "-o", str(tmp_path / "f.json")]) == 0
    data = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert data["severity"]["score"] == found.severity
    assert "stimated from thirds" in data["severity"]["definition"]


def test_contradictions_and_existing_files_end_with_2(mask, tmp_path, capsys):
    path, _ = mask
    assert main(["export", str(path), "-o", str(tmp_path / "f.csv"), "--as", "nifti"]) == 2
    assert main(["export", str(path), "-o", str(tmp_path / "f")]) == 2
    (tmp_path / "f.csv").write_text("mine")
    assert main(["export", str(path), "-o", str(tmp_path / "f.csv")]) == 2
    assert (tmp_path / "f.csv").read_text() == "mine"
    assert capsys.readouterr().out == ""


def test_foreign_labels_keep_their_numbers_where_they_can(tmp_path):
    array = np.zeros((3, 4, 5), np.uint8)
    array[0], array[1] = 200, 4
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "x.nrrd"))
    assert main(["export", str(tmp_path / "x.nrrd"), "-o", str(tmp_path / "y.nii.gz")]) == 0
    np.testing.assert_array_equal(array_of(sitk.ReadImage(str(tmp_path / "y.nii.gz"))), array)


def test_help_has_two_examples(capsys):
    assert main(["export", "--help"]) == 0
    assert capsys.readouterr().out.count("  groundglass export ") >= 2


@pytest.fixture
def over_ct(tmp_path):
    """A mask file and the DICOM study it was drawn on."""
    source = corpus.Series(tags=corpus.PATIENT).write(tmp_path / "s")
    volume = open_volume(source)
    labels = np.random.default_rng(1).integers(0, 6, volume.grid.shape_zyx).astype(np.uint8)
    path, _ = write_labels(tmp_path / "in.nii.gz", labels, volume.grid, default_labelset())
    return path, source, volume, labels


def test_a_dicom_segmentation_is_written_over_its_study(over_ct, tmp_path, capsys):
    path, source, _, labels = over_ct
    out = tmp_path / "out"
    assert main(["export", str(path), "--source", str(source), "-o", str(out), "--as", "seg"]) == 0
    assert capsys.readouterr().out.split() == [str(out) + ".dcm"]
    ds = pydicom.dcmread(str(out) + ".dcm")
    assert len(ds.SegmentSequence) == 5
    bits = np.unpackbits(np.frombuffer(ds.PixelData, np.uint8), bitorder="little")
    assert int(bits.sum()) == int((labels > 0).sum())
    assert not secrets_of((tmp_path / "out.dcm").read_bytes())


def test_a_segmentation_without_its_study_names_the_option(over_ct, tmp_path, capsys):
    path = over_ct[0]
    assert main(["export", str(path), "-o", str(tmp_path / "x.dcm")]) == 2
    assert "--source" in capsys.readouterr().err
    nifti = tmp_path / "ct.nii.gz"
    write_volume(nifti, over_ct[2].hu, over_ct[2].grid)
    assert main(["export", str(path), "--source", str(nifti), "-o", str(tmp_path / "x.dcm")]) == 2
    assert "no DICOM study" in capsys.readouterr().err
    assert not (tmp_path / "x.dcm").exists()


def test_figures_hold_hu_when_the_ct_is_given(over_ct, tmp_path):
    path, source, volume, labels = over_ct
    assert main(["export", str(path), "--source", str(source), "-o", str(tmp_path / "f.csv")]) == 0
    found = measure(labels, volume.grid, default_labelset(), volume.hu)
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["label"]: row for row in csv.DictReader(file)}
    assert float(rows["Ground-glass"]["mean_hu"]) == pytest.approx(found.by_key("ground_glass").mean_hu, abs=1e-3)


def test_a_report_is_one_file_with_pictures_and_no_patient(over_ct, tmp_path):
    path, source, _, _ = over_ct
    assert main(["export", str(path), "--source", str(source), "-o", str(tmp_path / "r"), "--as", "report"]) == 0
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("<img") == 4
    assert not secrets_of(page.encode())
    assert "20210304" not in page
    assert main(["export", str(path), "-o", str(tmp_path / "r2.html")]) == 0
    assert "labels only" in (tmp_path / "r2.html").read_text(encoding="utf-8")
