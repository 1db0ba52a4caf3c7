"""The doors of handing over: names, suffixes, figures as a table, nothing replaced."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

from app.doors.export import FORMATS, export, file_name, refusal, targets, with_suffix
from app.jobs.queue import InlineQueue
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import Interval
from engine.core.errors import InputError
from engine.geometry.box import Box
from engine.io.source import open_volume
from tests.support import dicom_corpus as corpus
from tests.support.panes import a_case

BY_ID = {f.id: f for f in FORMATS}


@pytest.fixture
def case():
    labels = np.zeros((12, 20, 26), np.uint8)
    labels[2:9, 3:16, 2:10] = 1
    labels[2:9, 3:16, 14:24] = 2
    labels[4:7, 6:10, 4:7] = 3
    return a_case(labels=labels)


def run(job):
    results, errors = [], []
    job.succeeded.connect(results.append)
    job.failed.connect(errors.append)
    InlineQueue().start(job)
    return results, errors


ANYWHERE = [f for f in FORMATS if f.id != "seg"]
"""What needs no study in DICOM."""


@pytest.mark.parametrize("kind", ANYWHERE, ids=lambda f: f.id)
def test_every_format_is_written_where_it_was_said(qapp, case, tmp_path: Path, kind) -> None:
    path = tmp_path / file_name(case, kind)
    results, errors = run(export(case, path, kind))
    assert not errors
    assert set(results[0].paths) == set(targets(path, kind)) == set(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ANYWHERE, ids=lambda f: f.id)
def test_an_existing_file_is_left_alone(qapp, case, tmp_path: Path, kind) -> None:
    path = tmp_path / file_name(case, kind)
    path.write_text("mine", encoding="utf-8")
    results, errors = run(export(case, path, kind))
    assert not results
    assert isinstance(errors[0], InputError)
    assert path.read_text(encoding="utf-8") == "mine"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_figures_in_a_table(qapp, case, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    run(export(case, path, BY_ID["csv"]))
    with path.open(encoding="utf-8", newline="") as stream:
        lung = next(row for row in csv.DictReader(stream) if row["label"] == "Right lung")
    voxels = np.count_nonzero(case.labels.data == 1)
    assert lung["case"] == case.volume.info.name
    assert int(lung["voxels"]) == voxels
    assert float(lung["ml"]) == pytest.approx(voxels * 2.5 * 0.8 * 0.7 / 1000, abs=1e-3)


def test_the_window_and_the_terminal_write_the_same_table(qapp, case, tmp_path: Path) -> None:
    from engine.cli.export import main

    label_map, from_window, from_terminal = (tmp_path / name for name in ("l.nii.gz", "window.csv", "terminal.csv"))
    run(export(case, label_map, BY_ID["nifti"]))
    run(export(case, from_window, BY_ID["csv"]))
    assert main([str(label_map), "-o", str(from_terminal)]) == 0
    tables = []
    for path in (from_window, from_terminal):
        with path.open(encoding="utf-8", newline="") as stream:
            tables.append(list(csv.DictReader(stream)))
    for ours, theirs in zip(*tables, strict=True):
        # the terminal has no Hounsfield units beside a mask, and names the case after the file
        different = {key for key in ours if ours[key] != theirs[key]}
        assert different <= {"case", "mean_hu", "warnings"}


def test_an_interval_is_handed_over_while_the_label_is_as_the_network_left_it(qapp, case, tmp_path: Path) -> None:
    box = Box((4, 6, 4), (7, 10, 8))
    told = (Interval("ground_glass", 48, 0.0625, 1.5), Interval("lung_left", 1, 0.0, 9.0))
    after = np.full(box.shape, 3, np.uint8)
    case.history.apply(Delta.between(case.labels, box, after, title="S", author="net", intervals=told))
    ends = []
    for name in ("before.csv", "after.csv"):
        run(export(case, tmp_path / name, BY_ID["csv"]))
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as stream:
            rows = {row["label"]: (row["ml_low"], row["ml_high"]) for row in csv.DictReader(stream)}
        assert rows["Left lung"] == ("", "")
        ends.append(rows["Ground-glass"])
        one = Box((0, 0, 0), (1, 1, 1))
        case.history.apply(Delta.between(case.labels, one, np.full(one.shape, 3, np.uint8), title="Brush"))
    assert ends == [("0.0625", "1.5"), ("", "")]


def test_later_edits_do_not_enter(qapp, case, tmp_path: Path) -> None:
    from engine.case.delta import Delta
    from engine.geometry.box import Box
    from engine.io.masks.read import read_mask

    before = case.labels.data.copy()
    job = export(case, tmp_path / "l.nii.gz", BY_ID["nifti"])
    blank = np.zeros_like(before)
    case.history.apply(Delta.between(case.labels, Box.whole(before.shape), blank, title="Clear"))
    run(job)
    mask = read_mask(tmp_path / "l.nii.gz", case.volume.grid)
    np.testing.assert_array_equal(np.array(mask.values, np.uint8)[mask.index], before)


@pytest.mark.parametrize(
    ("typed", "kind", "name"),
    [
        ("a.nii.gz", "nrrd", "a.seg.nrrd"),
        ("a", "nifti", "a.nii.gz"),
        ("a.b", "mha", "a.b.mha"),
        ("a.seg.nrrd", "csv", "a.csv"),
        ("a.nii", "nifti", "a.nii.gz"),
    ],
)
def test_the_ending_is_the_formats(typed: str, kind: str, name: str) -> None:
    assert with_suffix(Path(typed), BY_ID[kind]).name == name  # type: ignore[index]


@pytest.fixture
def dicom(tmp_path: Path):
    """A painted case opened from DICOM, and where from."""
    source = corpus.Series().write(tmp_path / "s")
    volume = open_volume(source)
    labels = np.zeros(volume.grid.shape_zyx, np.uint8)
    labels[2:5, 3:9, 4:11] = 3
    return Case(volume, labels=labels), source


def test_a_dicom_segmentation_lies_in_the_study_of_its_source(qapp, dicom, tmp_path: Path) -> None:
    case, source = dicom
    path = tmp_path / "x.dcm"
    results, errors = run(export(case, path, BY_ID["seg"], source=source))
    assert not errors
    assert results[0].paths == (path,)
    first = pydicom.dcmread(next(source.iterdir()))
    ds = pydicom.dcmread(path)
    assert ds.StudyInstanceUID == first.StudyInstanceUID
    assert int(np.unpackbits(np.frombuffer(ds.PixelData, np.uint8)).sum()) == 3 * 6 * 7


@pytest.mark.parametrize("gone", [True, False])
def test_without_its_study_it_is_refused_with_an_act(qapp, dicom, tmp_path: Path, gone: bool) -> None:
    case, _ = dicom
    results, errors = run(export(case, tmp_path / "x.dcm", BY_ID["seg"], source=tmp_path / "gone" if gone else None))
    assert not results
    assert "not where it was" in errors[0].what
    assert errors[0].fix
    assert not (tmp_path / "x.dcm").exists()


def test_only_dicom_studies_are_offered_one(case, dicom) -> None:
    assert refusal(case, BY_ID["seg"])
    assert not refusal(dicom[0], BY_ID["seg"])
    assert not any(refusal(case, kind) for kind in ANYWHERE)


def test_a_report_is_signed_with_the_version(qapp, case, tmp_path: Path) -> None:
    run(export(case, tmp_path / "r.html", BY_ID["report"], version="9.8"))
    assert "groundglass 9.8" in (tmp_path / "r.html").read_text(encoding="utf-8")
