"""Every action has what menus, palette, keys and people need of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton

from app.look.icons import has_icon
from app.shell.actions import gather
from app.shell.shortcuts import conflicts
from tests.support.window import Bench

ALL = gather()


@pytest.mark.parametrize("action", ALL, ids=lambda a: a.id)
def test_action_is_complete(action) -> None:
    assert action.id.count(".") == 1
    assert not action.title[0].islower()
    assert action.tip.endswith(".")
    assert len(action.tip) > 10
    assert callable(action.run)
    assert not action.icon or has_icon(action.icon)


def test_ids_and_keys_are_unique() -> None:
    ids = [a.id for a in ALL]
    assert len(ids) == len(set(ids))
    assert conflicts(ALL, {}) == []


def test_what_cannot_run_says_why(bench: Callable[..., Bench]) -> None:
    b = bench()
    table = b.window.actions_table
    for name in ("edit.undo", "file.export", "run.segment", "tool.brush"):
        reason = table.reason(name)
        assert reason == "Open a case first."
        assert not table[name].isEnabled()
        assert reason in table[name].toolTip()


def test_every_button_has_a_name_and_a_tip(bench: Callable[..., Bench]) -> None:
    b = bench()
    qts_own = ("qt_", "ScrollLeft", "ScrollRight")  # the latter of tabs, which are never so many
    buttons = [w for w in b.window.findChildren(QAbstractButton) if not w.objectName().startswith(qts_own)]
    assert len(buttons) > 30
    nameless = [type(w).__name__ for w in buttons if not (w.accessibleName() or w.text())]
    assert nameless == []
    assert [w.accessibleName() or w.text() for w in buttons if isinstance(w, QToolButton) and not w.toolTip()] == []


def test_palette_finds_by_a_few_letters_and_enter_runs(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = b.window.palette_list
    assert palette.isVisible()
    QTest.keyClicks(palette.field, "2x2")
    QTest.keyClicks(palette.field, "\b")
    palette.field.setText("two two")
    assert palette.list.item(0).text() == "Two by two"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert b.session.layout == "grid"


def test_letters_typed_into_the_palette_take_no_tool(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(QApplication.focusWidget(), "be")
    assert b.session.tool == "navigate"
    assert b.window.palette_list.field.text() == "be"
    QTest.keyClick(b.window.palette_list.field, Qt.Key.Key_Escape)
    assert not b.window.palette_list.isVisible()
