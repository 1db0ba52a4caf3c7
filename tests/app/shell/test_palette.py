"""Fuzzy finding: letters in order, starts of words first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.shell.palette import fuzzy
from tests.support.window import Bench


@pytest.mark.parametrize(("typed", "text"), [("exp", "Export…"), ("ou", "Open study"), ("sgm", "Segment"), ("", "x")])
def test_letters_in_order_fit(typed: str, text: str) -> None:
    assert fuzzy(typed, text)


@pytest.mark.parametrize(("typed", "text"), [("xe", "Export"), ("zz", "Zoom in"), ("undoo", "Undo")])
def test_letters_out_of_order_do_not(typed: str, text: str) -> None:
    assert not fuzzy(typed, text)


def test_starts_of_words_beat_letters_inside() -> None:
    assert fuzzy("lw", "Lung window").score > fuzzy("lw", "Follow me").score


def test_whole_words_beat_scattered_letters() -> None:
    assert fuzzy("undo", "Undo").score > fuzzy("undo", "Use no dots, oh").score


def test_the_list_is_as_high_as_what_was_found(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = b.window.palette_list
    whole = palette.height()
    QTest.keyClicks(palette.field, "minip")
    QTest.qWait(1)
    assert palette.list.count() == 1
    assert palette.height() < whole / 3
    assert palette.list.viewport().rect().contains(palette.list.visualItemRect(palette.list.item(0)))
    assert not palette.list.verticalScrollBar().isVisible()
    for _ in "minip":
        QTest.keyClick(palette.field, Qt.Key.Key_Backspace)
    assert palette.height() == whole
