"""The labels panel: what changes the set is one step of undo; eyes are a way of looking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.jobs.queue import InlineQueue
from app.model.action import Context
from app.model.session import Session
from app.panels.labels import LabelsPanel, key_of
from engine.case.labelset import default_labelset
from tests.support.panes import a_case


class Host:
    def show_problem(self, error: Exception) -> None:
        raise error


@pytest.fixture
def panel(qtbot: Any) -> LabelsPanel:
    labels = np.zeros((12, 20, 26), np.uint8)
    labels[2:5, 3:9, 4:12] = 3
    labels[6:8, 3:9, 4:12] = 1
    session = Session()
    made = LabelsPanel(Context(session, InlineQueue(), Host()))  # type: ignore[arg-type]
    qtbot.addWidget(made)
    session.set_case(a_case(labels=labels))
    made.session = session
    made.show()
    return made


def test_rows_show_millilitres(panel: LabelsPanel) -> None:
    case = panel.session.case
    assert list(panel.rows) == [1, 2, 3, 4, 5]
    panel.show_labels()
    assert panel.rows[3]._ml.text().startswith(f"{case.labels.ml(3):.1f}".replace(".", panel.locale().decimalPoint()))
    assert panel.rows[2]._ml.text() == ""


def test_renaming_is_one_step_of_undo(panel: LabelsPanel, qtbot: Any) -> None:
    case, row = panel.session.case, panel.rows[3]
    QTest.mouseDClick(row, Qt.MouseButton.LeftButton)
    row.field.setText("Opacity")
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert case.labelset.by_id(3).name == "Opacity"
    assert case.labelset.by_id(3).key == "ground_glass"
    assert case.history.done == 1
    case.history.undo()
    assert case.labelset == default_labelset()
    qtbot.waitUntil(lambda: panel.rows[3].label.name == "Ground-glass")


def test_colour_and_lock_are_undoable(panel: LabelsPanel) -> None:
    case = panel.session.case
    panel.rows[4].set_colour("#123456")
    panel.rows[4].lock.click()
    assert case.labelset.by_id(4).colour == "#123456"
    assert case.labelset.by_id(4).locked
    assert [s.title for s in case.history.steps] == ["Colour of Consolidation", "Lock Consolidation"]
    case.history.undo()
    case.history.undo()
    assert case.labelset == default_labelset()


def test_the_eye_is_no_step(panel: LabelsPanel) -> None:
    case = panel.session.case
    told: list[object] = []
    panel.session.labels_changed.connect(told.append)
    panel.rows[3].eye.click()
    assert not case.labelset.by_id(3).visible
    assert case.history.steps == ()
    assert told[0].box is None
    panel.show_labels()
    panel.rows[3].eye.click()
    assert case.labelset.by_id(3).visible


def test_add_gives_a_free_number_and_takes_it_back(panel: LabelsPanel) -> None:
    case = panel.session.case
    row = panel.add()
    assert row.label.id == 6
    assert panel.session.label_id == 6
    assert row.label.colour not in {x.colour for x in default_labelset()}
    case.history.undo()
    assert case.labelset.by_id(6) is None


def test_removing_clears_its_voxels_and_comes_back(panel: LabelsPanel) -> None:
    case = panel.session.case
    before = case.labels.data.copy()
    panel.remove(3)
    assert case.labelset.by_id(3) is None
    assert not (case.labels.data == 3).any()
    np.testing.assert_array_equal(case.labels.data == 1, before == 1)
    case.history.undo()
    case.history.undo()
    np.testing.assert_array_equal(case.labels.data, before)
    assert case.labelset == default_labelset()


def test_a_locked_label_is_not_removed(panel: LabelsPanel) -> None:
    said: list[str] = []
    panel.session.message.connect(said.append)
    panel.rows[3].lock.click()
    panel.remove(3)
    assert panel.session.case.labelset.by_id(3) is not None
    assert "locked" in said[-1]


@pytest.mark.parametrize(
    ("name", "key"), [("Pleural plaque", "pleural_plaque"), ("Ground glass", "ground_glass_2"), ("…", "label")]
)
def test_keys_are_stable_and_unique(name: str, key: str) -> None:
    assert key_of(name, default_labelset()) == key
