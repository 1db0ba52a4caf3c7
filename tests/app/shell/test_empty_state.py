"""The first page: studies that are still there, cases that were not closed, and what a click asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from app.model.recent import RecentStudy
from app.shell.empty_state import EmptyState, ago


@pytest.fixture
def page(qtbot) -> EmptyState:
    made = EmptyState("⌘O")
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (89, "just now"),
        (91, "2 min ago"),
        (3599, "60 min ago"),
        (7300, "2 h ago"),
        (90_000, "yesterday"),
        (259_200, "3 days ago"),
    ],
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


def test_recent_studies_that_are_gone_are_not_listed(page, tmp_path: Path, qtbot) -> None:
    there = [tmp_path / f"s{k}" for k in range(7)]
    for path in there:
        path.mkdir()
    studies = [RecentStudy(str(tmp_path / "gone"), "Gone", 0.0), *(RecentStudy(str(p), p.name, 0.0) for p in there)]
    page.show_recent(studies)
    buttons = {b.accessibleName(): b for b in page.findChildren(QPushButton) if b.accessibleName().startswith("Open s")}
    assert sorted(buttons) == [f"Open s{k}" for k in range(5)]
    with qtbot.waitSignal(page.recent_asked) as asked:
        buttons["Open s3"].click()
    assert asked.args == [studies[4]]


def test_cards_ask_for_a_study_or_the_sample(page, qtbot) -> None:
    with qtbot.waitSignal(page.open_asked):
        page.open_card.click()
    with qtbot.waitSignal(page.sample_asked):
        page.sample_card.click()


def test_an_unfinished_case_is_gone_on_with_or_left(page, qtbot) -> None:
    def buttons(text: str) -> list[QPushButton]:
        return [b for b in page.findChildren(QPushButton) if b.text() == text and not b.parentWidget().isHidden()]

    page.offer("CT 12 slices", "3 steps, 10 min ago", "first")
    page.offer("CT 90 slices", "1 step, yesterday", "second")
    with qtbot.waitSignal(page.resume_asked) as resumed:
        buttons("Go on")[1].click()
    assert resumed.args == ["second"]
    with qtbot.waitSignal(page.drop_asked) as dropped:
        buttons("Leave it")[0].click()
    assert dropped.args == ["first"]
    assert len(buttons("Leave it")) == 1
    page.clear_offers()
    assert buttons("Leave it") == []
