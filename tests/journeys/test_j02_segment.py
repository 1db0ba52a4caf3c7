"""Journey 2: Ctrl+R, slabs appear as they come, one step of undo signed by the model; cancel leaves everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.panels.findings import FindingsPanel
from engine.io.masks.write import write_volume
from engine.nets.weights import find_model
from tests.support.licence import Answering
from tests.support.models import own_model, quick_chest
from tests.support.panes import painted
from tests.support.window import Bench, chest_file

pytestmark = [pytest.mark.journey, pytest.mark.slow]

CTRL = Qt.KeyboardModifier.ControlModifier
LONG_MS = 240_000  # twelve seconds on a quiet machine; the gate measures coverage and may share its processor


@pytest.fixture
def ready(bench: Callable[..., Bench], tmp_path: Path) -> Bench:
    """A window with a chest and a small random network."""
    own_model("tiny")
    b = bench()
    b.open(chest_file(tmp_path, (40, 56, 72)))
    return b


def test_one_button_one_step_signed_by_the_model(ready: Bench) -> None:
    b = ready
    case = b.session.case
    assert case is not None
    previews: list[int] = []
    b.session.preview_changed.connect(lambda _box: previews.append(int(b.session.preview is not None)))
    b.key(Qt.Key.Key_R, CTRL)
    assert b.window.segmenting.job is not None
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    outcome = b.window.segmenting.outcome
    assert outcome is not None
    assert outcome.model == find_model(None).id
    assert any(previews), "no slab was shown before the end"
    assert b.session.preview is None
    assert case.labels.data.any()
    assert [(s.author, case.history.done) for s in case.history.steps] == [(outcome.model, 1)]
    b.key(Qt.Key.Key_Z, CTRL)
    assert not case.labels.data.any()


def test_another_network_is_chosen_in_the_panel_and_remembered(ready: Bench) -> None:
    b = ready
    box = b.window.segment_panel.model_box
    b.wait(lambda: box.findData("tiny") >= 0)
    box.setFocus()
    b.key(Qt.Key.Key_End)
    assert box.currentData() == "tiny"
    assert b.window.preferences.now.model == "tiny"
    b.window.segment_panel.go.setFocus()
    b.key(Qt.Key.Key_Space)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    outcome = b.window.segmenting.outcome
    assert outcome is not None
    assert outcome.model == "tiny"
    assert b.session.case is not None
    assert [s.author for s in b.session.case.history.steps] == ["tiny"]


def test_locked_labels_and_labels_of_ones_own_stay(ready: Bench) -> None:
    b = ready
    case = b.session.case
    assert case is not None
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    b.click(b.window.docks.panels["labels"].rows[3].lock)  # type: ignore[attr-defined]
    locked = case.labelset.by_id(3)
    assert locked is not None
    assert locked.locked
    mine = case.labels.data == 3
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    np.testing.assert_array_equal(case.labels.data == 3, mine)


def test_doubt_and_intervals_come_and_go_with_the_result(ready: Bench) -> None:
    b = ready
    case, findings = b.session.case, b.window.docks.panels["findings"]
    assert case is not None
    assert isinstance(findings, FindingsPanel)
    b.window.preferences.update(model="tiny")
    assert not b.window.actions_table["doubt.layer"].isEnabled()
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    assert {i.key for i in case.intervals} >= {"lung_right", "lung_left", "ground_glass"}
    b.wait(lambda: any("By the network" in w.toolTip() for w in findings.findChildren(QLabel)))
    bare = painted(b.pane())
    b.click(findings.doubt_button)
    b.wait(lambda: b.session.heat is not None)
    assert b.window.actions_table["doubt.layer"].isChecked()
    covered = painted(b.pane())
    assert (covered != bare).any(axis=2).mean() > 0.01
    b.pane().setFocus()
    b.key(Qt.Key.Key_Z, CTRL)
    assert b.session.heat is None
    assert case.intervals == ()
    b.key(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    b.wait(lambda: b.session.heat is not None)
    assert case.intervals
    # The same again changes nothing, and keeps its doubt.
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: b.window.segmenting.job is None, LONG_MS)
    assert case.history.done == 1
    b.wait(lambda: b.session.heat is not None)
    b.click(findings.doubt_button)
    assert b.session.heat is None
    np.testing.assert_array_equal(painted(b.pane()), bare)


def test_a_result_for_an_older_state_is_offered_not_applied(ready: Bench) -> None:
    b = ready
    case = b.session.case
    assert case is not None
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_R, CTRL)
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    b.wait(lambda: b.window.segmenting.offer is not None, LONG_MS)
    assert case.history.done == 1
    panel = b.window.segment_panel
    b.click(panel.take)
    b.wait(lambda: case.history.done == 2)
    assert case.history.steps[1].author == find_model(None).id


def test_cancel_within_a_second_leaves_what_was_there(ready: Bench) -> None:
    b = ready
    case = b.session.case
    assert case is not None
    b.key(Qt.Key.Key_R, CTRL)
    job = b.window.segmenting.job
    assert job is not None
    b.wait(lambda: job.text != "", LONG_MS)
    before = time.monotonic()
    b.key(Qt.Key.Key_Period, CTRL)
    b.wait(lambda: job.is_over)
    assert time.monotonic() - before < 5.0  # a second on a quiet machine
    assert not case.labels.data.any()
    assert not case.history.steps
    assert b.session.preview is None


def test_a_click_on_the_task_bars_cancel_leaves_the_case_as_it_was(ready: Bench) -> None:
    b = ready
    case = b.session.case
    assert case is not None
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    labels, labelset, revision = case.labels.data.copy(), case.labelset, case.revision
    counts = case.labels.counts.copy()
    previews: list[bool] = []
    b.session.preview_changed.connect(lambda _box: previews.append(b.session.preview is not None))
    b.click(b.window.segment_panel.go)
    job = b.window.segmenting.job
    assert job is not None
    b.wait(lambda: any(previews) or job.is_over, LONG_MS)
    assert not job.is_over, "it was done before it could be stopped"
    b.click(b.window.taskbar.stop)
    b.wait(lambda: job.is_over)
    b.wait(lambda: b.session.preview is None)
    assert b.window.taskbar.title.whole == "Stopped; the case is as it was."
    assert not b.window.taskbar.stop.isVisible()
    assert b.window.segment_panel.go.isVisible()
    assert b.window.segmenting.outcome is None
    np.testing.assert_array_equal(case.labels.data, labels)
    np.testing.assert_array_equal(case.labels.counts, counts)
    assert case.labelset == labelset
    assert case.revision == revision
    assert [step.title for step in case.history.steps] == ["Brush: Ground-glass"]
    b.pane().setFocus()
    b.key(Qt.Key.Key_R, CTRL)  # and it can be asked for again
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    assert case.history.done == 2


def study(b: Bench, path: Path) -> None:
    """Open a file as a study, also while another is open."""
    opened: list[object] = []
    b.window.opening.case_opened.connect(opened.append)
    b.window.opening.open_path(path)
    b.wait(lambda: opened and not b.session.loading)


def test_what_is_no_chest_gets_no_mask_unless_one_insists_and_the_doubt_stays(ready: Bench, tmp_path: Path) -> None:
    b = ready
    hu, grid, truth = quick_chest((24, 56, 72), noise_hu=20)
    hu[truth > 0] = 30
    source = write_volume(tmp_path / "belly.nii.gz", hu, grid)
    study(b, source)
    case, bar = b.session.case, b.window.notices
    assert case is not None
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: b.window.segmenting.refusal is not None, LONG_MS)
    assert not case.labels.data.any()
    assert not case.history.steps
    assert bar.isVisible()
    assert bar.text.startswith("Not segmented. No lungs were found: 0 ml")
    assert b.window.segment_panel.anyway.isVisible()
    b.click(bar.anyway)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    assert not bar.anyway.isVisible()
    assert bar.text.startswith("No lungs were found: 0 ml")


def test_what_is_doubtful_is_said_again_with_the_case_and_goes_when_the_result_is_taken_back(
    ready: Bench, tmp_path: Path
) -> None:
    b, bar = ready, ready.window.notices
    assert not bar.isVisible()
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    assert bar.isVisible()
    assert "Pixels are 4.4 mm wide" in bar.text
    (tmp_path / "other").mkdir()
    study(b, chest_file(tmp_path / "other"))
    assert not bar.isVisible()
    study(b, tmp_path / "chest.nii.gz")
    assert bar.isVisible()
    assert "Pixels are 4.4 mm wide" in bar.text
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_Z, CTRL)
    assert not bar.isVisible()


def test_non_commercial_weights_are_asked_about_once(bench: Callable[..., Bench], tmp_path: Path) -> None:
    own_model("bound", licence="CC-BY-NC-SA-4.0")
    b = bench()
    b.open(chest_file(tmp_path, (40, 56, 72)))
    box = b.window.segment_panel.model_box
    b.wait(lambda: box.findData("bound") >= 0)
    box.setCurrentIndex(box.findData("bound"))
    case, runs = b.session.case, b.window.segmenting
    assert case is not None
    answering = Answering(b)
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_R, CTRL)
    b.wait(lambda: answering.asked and runs.job is None, LONG_MS)
    assert not case.history.steps
    assert b.window.preferences.now.licences == {}
    answering.button = "go"
    b.click(b.window.segment_panel.go)
    b.wait(lambda: runs.outcome is not None, LONG_MS)
    assert answering.asked == ["leave", "go"]
    assert b.window.preferences.now.licences == {"bound": "CC-BY-NC-SA-4.0"}
    assert [step.author for step in case.history.steps] == ["bound"]
    first = runs.outcome
    b.click(b.window.segment_panel.go)
    b.wait(lambda: runs.outcome is not first, LONG_MS)
    assert len(answering.asked) == 2
