"""From a path to a case: several series are picked from, questions are asked once, the old case waits."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from app.shell.opening import Source
from engine.case.delta import Delta
from engine.core.errors import ChoiceNeeded, GeometryError
from engine.geometry.box import Box
from tests.support import dicom_corpus as corpus
from tests.support.window import Bench, chest_file


def stored_without_offset(folder: Path) -> tuple[Path, np.ndarray]:
    values = np.random.default_rng(1).integers(0, 4000, (8, 12, 10)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(folder / "raw.nii"))
    return folder / "raw.nii", values


@pytest.mark.parametrize(("answer", "offset"), [("minus-1024", 1024), ("as-is", 0)])
def test_a_question_is_answered_and_the_study_opens(
    bench: Callable[..., Bench], tmp_path: Path, answer: str, offset: int
) -> None:
    b = bench()
    path, values = stored_without_offset(tmp_path)
    asked: list[ChoiceNeeded] = []
    b.window.dialogs.ask = lambda question: asked.append(question) or answer
    b.open(path)
    assert len(asked) == 1
    np.testing.assert_array_equal(b.session.case.volume.hu, np.maximum(values - offset, -1024))


def test_who_does_not_answer_keeps_the_open_case(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    before = b.session.case
    path, _ = stored_without_offset(tmp_path)
    b.window.dialogs.ask = lambda _question: None
    with b.qtbot.waitSignal(b.window.opening.gave_up, timeout=20_000):
        b.window.opening.open_path(path)
    assert b.session.case is before
    assert not b.session.loading


def two_series(folder: Path) -> Path:
    corpus.Series().write(folder / "a")
    values = np.full((8, 12, 10), -500, np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(folder / "other.nii"))
    return folder


def test_of_several_series_the_person_picks(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    found: list[object] = []
    b.window.opening.found.connect(lambda scan, _name: found.append(scan))
    b.window.open_path(two_series(tmp_path))
    b.wait(lambda: found)
    assert b.session.case is None
    wanted = next(row for row in found[0].rows if row.kind == "nifti")
    b.window.opening.open_row(wanted)
    b.wait(lambda: b.session.case is not None and not b.session.loading)
    assert b.session.case.volume.grid.shape_zyx == (8, 12, 10)


def test_picking_none_opens_none(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    found: list[object] = []
    b.window.opening.found.connect(lambda scan, _name: found.append(scan))
    b.window.open_path(two_series(tmp_path))
    b.wait(lambda: found)
    b.window.opening.dismiss()
    assert b.session.case is None
    assert not b.window.opening.busy


def test_a_series_is_taken_by_its_number_without_asking(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    opened: list[Source] = []
    b.window.opening.case_opened.connect(opened.append)
    b.window.opening.open_source(Source(two_series(tmp_path), pick=0))
    b.wait(lambda: opened and not b.session.loading)
    assert opened[0].row.number == 1
    assert opened[0].reopen == {"path": str(tmp_path), "series": 1, "answers": []}


def test_a_volume_that_is_refused_does_not_replace_the_open_case(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    before = b.session.case
    b.window.opening.refusal = lambda _volume: GeometryError("Not this one.")
    other = tmp_path / "other"
    other.mkdir()
    b.window.opening.open_path(chest_file(other, (20, 48, 64)))
    b.qtbot.waitUntil(lambda: bool(b.problems), timeout=20_000)
    assert b.problems.pop().what == "Not this one."
    assert b.session.case is before


def test_what_was_opened_is_listed_as_recent(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    path = chest_file(tmp_path)
    b.open(path)
    assert [study.path for study in b.window.opening._recent.studies] == [str(path)]
    assert b.window.opening._folder() == str(tmp_path)
    b.window.opening.remembers = False
    b.window.opening._recent.forget()
    b.window.opening.close()
    b.open(path)
    assert b.window.opening._recent.studies == ()


def test_the_study_before_gives_its_memory_back_at_once(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench(layout="grid")
    b.open(chest_file(tmp_path))
    case = b.session.case
    assert case is not None
    box = Box((2, 3, 4), (8, 20, 30))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="x"))
    b.qtbot.wait(50)
    gone = weakref.ref(case)
    del case
    gc.collect()
    gc.disable()  # two volumes must not lie there until somebody looks for cycles
    try:
        b.window.opening.open_path(stored_as_hu(tmp_path))
        b.wait(lambda: gone() is None)
    finally:
        gc.enable()


def stored_as_hu(folder: Path) -> Path:
    values = np.random.default_rng(2).integers(-1000, 400, (9, 13, 11)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(folder / "other.nrrd"))
    return folder / "other.nrrd"
