"""A mask is laid over a case: mapped by the person, locked labels untouched, one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from app.doors import masks
from app.jobs.queue import InlineQueue
from engine.core.errors import ChoiceNeeded
from engine.geometry.grid import Grid
from engine.io.sitk_bridge import image_of
from tests.support.panes import SHAPE, a_case


def run(job):
    results, errors = [], []
    job.succeeded.connect(results.append)
    job.failed.connect(errors.append)
    InlineQueue().start(job)
    return results, errors


@pytest.fixture
def foreign(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """Values 0, 7 and 300 on the grid of the case."""
    values = np.random.default_rng(2).choice([0, 0, 7, 300], SHAPE).astype(np.int16)
    sitk.WriteImage(image_of(values, a_case().volume.grid), str(tmp_path / "m.nrrd"))
    return tmp_path / "m.nrrd", values


def test_what_is_mapped_is_laid_over_and_what_is_locked_stays(qapp, foreign) -> None:
    path, values = foreign
    before = np.random.default_rng(3).integers(0, 5, SHAPE).astype(np.uint8)
    case = a_case(labels=before)
    case.labelset = case.labelset.changing(2, locked=True)
    (mask,), _ = run(masks.read(path, case.volume.grid))
    assert set(mask.counts) == {7, 300}
    ((change, _notices),), _ = run(masks.lay_over(case, mask, {7: 3, 300: None}, path.name))
    assert change.title == "Import m.nrrd"
    case.history.apply(change)
    expected = np.where((values == 7) & (before != 2), 3, before)
    np.testing.assert_array_equal(case.labels.data, expected)
    case.history.undo()
    np.testing.assert_array_equal(case.labels.data, before)


def test_voxels_mapped_to_a_locked_label_are_left_out(qapp, foreign) -> None:
    path, _values = foreign
    case = a_case()
    case.labelset = case.labelset.changing(3, locked=True)
    (mask,), _ = run(masks.read(path, case.volume.grid))
    ((change, _),), _ = run(masks.lay_over(case, mask, {7: 3, 300: 3}, path.name))
    assert change is None


def test_another_grid_is_asked_about_and_the_answer_holds(qapp, foreign) -> None:
    path, _values = foreign
    grid = a_case().volume.grid
    other = Grid(SHAPE, (2.5, 0.8, 0.7), (-30.0, 12.0, 145.0))
    _, (asked,) = run(masks.read(path, other))
    assert isinstance(asked, ChoiceNeeded)
    (mask,), _ = run(masks.read(path, other, ((asked.key, "yes"),)))
    assert mask.grid.matches(other)
    # two slices higher: what was slice 2 of the file is slice 0 here
    whole = run(masks.read(path, grid))[0][0]
    shown = np.array(mask.values)[mask.index]
    np.testing.assert_array_equal(shown[:-2], np.array(whole.values)[whole.index][2:])


def test_names_of_labels_are_matched(qapp, tmp_path: Path) -> None:
    case = a_case()
    image = image_of(np.ones(SHAPE, np.uint8), case.volume.grid)
    image.SetMetaData("Segment0_Name", "Consolidation")
    image.SetMetaData("Segment0_LabelValue", "1")
    sitk.WriteImage(image, str(tmp_path / "m.seg.nrrd"))
    (mask,), _ = run(masks.read(tmp_path / "m.seg.nrrd", case.volume.grid))
    (match,) = masks.matches(mask, case.labelset)
    assert match.label_id == 4
