"""The yellow line: the gravest notice first, details a click away, nothing for mere details."""

from __future__ import annotations

from dataclasses import replace

from app.model.session import Session
from app.shell.notices import NoticeBar
from engine.case.volume import Notice
from tests.support.panes import a_case

DETAIL = Notice("padding-clamped", "Values were clamped.", "info")
THICK = Notice("thick-slices", "The slices are 7.0 mm apart.")
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
