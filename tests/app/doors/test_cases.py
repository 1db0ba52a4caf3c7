"""The doors of opening: rows, pictures, the volume while it fills, and answers to the reader's questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from app.doors import cases
from app.jobs.job import Job
from app.jobs.queue import InlineQueue
from engine.core.errors import ChoiceNeeded, FormatError, GroundglassError
from tests.support import dicom_corpus as corpus


class Heard:
    """Everything a job says."""

    def __init__(self, job: Job) -> None:
        self.parts: list[object] = []
        self.results: list[object] = []
        self.errors: list[GroundglassError] = []
        job.emitted.connect(self.parts.append)
        job.succeeded.connect(self.results.append)
        job.failed.connect(self.errors.append)
        InlineQueue().start(job)


@pytest.fixture
def series(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A series on disk and its Hounsfield units as ITK reads them."""
    folder = corpus.Series().write(tmp_path / "s")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return folder, sitk.GetArrayFromImage(reader.Execute())


def test_a_folder_becomes_a_row_with_a_picture_and_a_volume(qapp, series) -> None:
    folder, expected = series
    scan = Heard(cases.scan(folder)).results[0]
    assert [row.slices for row in scan.rows] == [len(expected)]
    pictures = Heard(cases.thumbnails(scan.rows)).parts
    assert [picture.number for picture in pictures] == [scan.rows[0].number]
    assert max(pictures[0].pixels.shape) == 96
    heard = Heard(cases.open_volume(scan.rows[0]))
    np.testing.assert_array_equal(heard.results[0].hu, expected)


def test_the_volume_is_told_once_and_every_slice_of_it(qapp, series) -> None:
    folder, expected = series
    heard = Heard(cases.open_volume(folder))
    started = [part for part in heard.parts if isinstance(part, cases.Started)]
    filled = [part for part in heard.parts if isinstance(part, cases.Filled)]
    assert len(started) == 1
    assert heard.parts[0] is started[0]
    assert started[0].volume.hu is heard.results[0].hu or started[0].volume.hu.base is not None
    assert {z for part in filled for z in range(part.start, part.stop)} == set(range(len(expected)))


def test_what_the_reader_asks_is_answered_by_key(qapp, tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(0, 4000, (4, 6, 5)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(stored), str(tmp_path / "a.nii"))
    asked = Heard(cases.open_volume(tmp_path / "a.nii")).errors[0]
    assert isinstance(asked, ChoiceNeeded)
    assert asked.key in cases.questions()
    answered = Heard(cases.open_volume(tmp_path / "a.nii", ((asked.key, "minus-1024"),)))
    np.testing.assert_array_equal(answered.results[0].hu, np.maximum(stored - 1024, -1024))


def test_what_cannot_be_opened_gives_no_picture_and_says_why(qapp, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no image")
    assert isinstance(Heard(cases.scan(tmp_path)).errors[0], FormatError)
    (tmp_path / "cut.nrrd").write_bytes(b"NRRD0004\ntype: short\n")
    rows = Heard(cases.scan(tmp_path / "cut.nrrd")).results[0].rows
    assert not rows[0].loadable
    assert Heard(cases.thumbnails(rows)).parts == []
