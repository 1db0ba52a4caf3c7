"""What can be done with one label in its row: by key, by menu, by colour."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QColorDialog

from app.panels.label_row import LabelRow, change_labelset
from engine.case.labelset import default_labelset
from tests.support.panes import a_case


@pytest.fixture
def row(session, qtbot) -> LabelRow:
    session.set_case(a_case())
    made = LabelRow(session, session.case.labelset.by_id(4), "4")
    qtbot.addWidget(made)
    made.show()
    return made


def test_enter_takes_the_label_and_delete_asks_for_its_removal(row, session, qtbot) -> None:
    assert session.label_id == 3
    QTest.keyClick(row, Qt.Key.Key_Return)
    assert session.label_id == 4
    with qtbot.waitSignal(row.remove_asked) as asked:
        QTest.keyClick(row, Qt.Key.Key_Delete)
    assert asked.args == [4]
    assert session.case.labelset.by_id(4) is not None, "the panel decides"


def test_a_click_takes_the_label(row, session) -> None:
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert session.label_id == 4


@pytest.mark.parametrize("typed", ["", "   ", "Consolidation"])
def test_no_name_or_the_same_name_is_no_step(row, session, typed) -> None:
    row.begin_rename()
    row.field.setText(typed)
    QTest.keyClick(row.field, Qt.Key.Key_Return)
    assert row.field.isHidden()
    assert session.case.history.steps == ()


def test_esc_leaves_the_name_as_it_was(row, session) -> None:
    row.begin_rename()
    row.field.setText("Other")
    QTest.keyClick(row, Qt.Key.Key_Escape)
    assert row.field.isHidden()
    assert session.case.labelset == default_labelset()


@pytest.mark.parametrize(("picked", "steps"), [("#123456", 1), ("", 0)])
def test_a_colour_is_picked_or_not(row, session, monkeypatch, picked, steps) -> None:
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_args: QColor(picked))
    row.ask_colour()
    assert len(session.case.history.steps) == steps
    assert (session.case.labelset.by_id(4).colour == "#123456") is bool(picked)


def test_the_menu_shows_one_label_alone_and_draws_it_as_an_outline(row, session) -> None:
    acts = {action.text(): action for action in row.menu().actions()}
    acts["Show only this"].trigger()
    assert [label.id for label in session.case.labelset if label.visible] == [4]
    filled = session.case.labelset.by_id(4).fill
    acts["Draw as outline only"].trigger()
    assert session.case.labelset.by_id(4).fill is not filled
    assert session.case.history.steps == (), "ways of looking are no steps"


def test_its_buttons_say_what_a_click_would_do(row, session) -> None:
    assert row.lock.accessibleName() == "Lock Consolidation"
    row.lock.click()
    row.show_label(session.case.labelset.by_id(4))
    assert row.lock.accessibleName() == "Unlock Consolidation"
    row.eye.click()
    row.show_label(session.case.labelset.by_id(4))
    assert row.eye.accessibleName() == "Show Consolidation"


def test_the_same_label_set_is_no_step(session) -> None:
    session.set_case(a_case())
    change_labelset(session, session.case.labelset.changing(4, locked=False), "Nothing")
    assert session.case.history.steps == ()
    session.set_case(None)
    change_labelset(session, default_labelset(), "Nobody")
