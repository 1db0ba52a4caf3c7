"""The yellow line: the gravest notice first, details a click away, nothing for mere details."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.model.session import Session
from app.shell.notices import NoticeBar
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.volume import Notice
from engine.geometry.box import Box
from tests.support.panes import a_case

DETAIL = Notice("padding-clamped", "Values were clamped.", "info")
THICK = Notice("coarse", "The slices are 7.0 mm apart.")
TILT = Notice("tilt-corrected", "The gantry was tilted.")


def test_warnings_are_told_and_details_are_in_the_menu(qtbot) -> None:
    session = Session()
    bar = NoticeBar(session)
    qtbot.addWidget(bar)
    assert not bar.isVisibleTo(None)
    case = a_case()
    session.set_case(case, loading=True)
    assert bar.isHidden()
    session.set_volume(replace(case.volume, notices=(DETAIL, THICK, TILT)))
    assert not bar.isHidden()
    assert bar.text == THICK.text
    assert bar._more.text() == "2 more"
    assert [action.text() for action in bar._menu.actions()] == [THICK.text, TILT.text, DETAIL.text]
    bar._close.click()
    assert bar.isHidden()
    session.set_volume(replace(case.volume, notices=(DETAIL,)))
    assert bar.isHidden(), "a detail is no reason for a line over the panes"
    session.set_volume(replace(case.volume, notices=(TILT,)))
    assert not bar._more.isVisibleTo(bar)


class Runner:
    """Stands for what runs segmentations."""

    def __init__(self) -> None:
        self.remarks: tuple[Notice, ...] = ()
        self.refused = False
        self.insisted = False

    def start(self, *, anyway: bool = False) -> None:
        self.insisted = anyway


def step(case: Case, *notices: Notice) -> Delta:
    box = Box((2, 3, 4), (5, 9, 8))
    change = Delta.between(case.labels, box, np.full(box.shape, 2, np.uint8), title="S", author="net", notices=notices)
    assert change is not None
    return change


def test_a_doubtful_result_is_said_as_long_as_it_is_in_force(qtbot) -> None:
    session = Session()
    bar = NoticeBar(session)
    qtbot.addWidget(bar)
    case = a_case()
    session.set_case(case)
    assert bar.isHidden()
    case.history.apply(step(case, TILT, DETAIL))
    assert not bar.isHidden()
    assert bar.text == TILT.text
    assert bar.anyway.isHidden()
    case.history.undo()
    assert bar.isHidden()
    case.history.redo()
    assert not bar.isHidden()


def test_once_hidden_it_stays_so_until_there_is_something_else_to_say(qtbot) -> None:
    session = Session()
    bar = NoticeBar(session)
    qtbot.addWidget(bar)
    case = a_case()
    session.set_case(case)
    case.history.apply(step(case, TILT))
    bar._close.click()
    box = Box((0, 0, 0), (1, 2, 3))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="Brush"))
    assert bar.isHidden(), "every stroke would bring it back"
    runner = Runner()
    bar.follow(runner)
    runner.remarks = (THICK,)
    bar.show_state()
    assert not bar.isHidden()
    session.set_case(a_case())
    runner.remarks = (TILT,)
    bar.show_state()
    assert not bar.isHidden(), "another case starts anew"


def test_a_refused_scan_says_why_and_one_may_insist(qtbot) -> None:
    session, runner = Session(), Runner()
    bar = NoticeBar(session)
    qtbot.addWidget(bar)
    bar.follow(runner)
    case = a_case()
    session.set_case(case)
    session.set_volume(replace(case.volume, notices=(THICK,)))
    none = Notice("not-chest", "No lungs were found: 0 ml.", "refuse")
    runner.remarks, runner.refused = (replace(THICK, text="The same in other words."), none), True
    bar.show_state()
    assert bar.text == "Not segmented. No lungs were found: 0 ml."
    assert [action.text() for action in bar._menu.actions()] == [none.text, THICK.text]
    assert not bar.anyway.isHidden()
    bar.anyway.click()
    assert runner.insisted


def test_a_second_refusal_is_said_though_the_first_was_hidden(qtbot) -> None:
    session, runner = Session(), Runner()
    bar = NoticeBar(session)
    qtbot.addWidget(bar)
    bar.follow(runner)
    session.set_case(a_case())
    none = Notice("not-chest", "No lungs were found: 0 ml.", "refuse")

    def answered(*remarks: Notice) -> None:
        runner.remarks, runner.refused = remarks, bool(remarks)
        bar.show_state()

    answered(none)
    bar._close.click()
    bar.show_state()
    assert bar.isHidden(), "nobody asked again"
    answered()  # it runs
    answered(none)
    assert not bar.isHidden()
