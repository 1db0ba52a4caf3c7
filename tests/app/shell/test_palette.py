"""Fuzzy finding: letters in order, starts of words first."""

from __future__ import annotations

import pytest

from app.shell.palette import fuzzy


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
