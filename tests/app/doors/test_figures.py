"""Figures follow the case: after an edit they are those of a fresh count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.doors.figures import Figures
from app.jobs.queue import InlineQueue
from app.model.session import Session
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.findings import Findings, measure
from engine.core.errors import GroundglassError
from engine.geometry.box import Box
from tests.support.panes import a_case


@pytest.fixture
def session(qtbot: Any) -> Session:
    return Session()


@pytest.fixture
def figures(session: Session) -> Figures:
    made = Figures(session, InlineQueue())
    made.setParent(session)
    return made


def lungs() -> Case:
    labels = np.zeros((12, 20, 26), np.uint8)
    labels[2:9, 3:16, 2:10] = 1
    labels[2:9, 3:16, 14:24] = 2
    labels[4:7, 6:10, 4:7] = 3
    return a_case(labels=labels)


def counted(case: Case) -> Findings:
    """Count everything anew."""
    return measure(case.labels.data, case.volume.grid, case.labelset, case.volume.hu)


def paint(case: Case, box: Box, label: int) -> None:
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, label, np.uint8), title="x"))


def test_after_edits_they_are_those_of_a_fresh_count(session, figures, qtbot) -> None:
    case = lungs()
    with qtbot.waitSignal(figures.changed, check_params_cb=lambda found: found is not None):
        session.set_case(case)
    assert figures.findings == counted(case)
    with qtbot.waitSignal(figures.changed, check_params_cb=lambda found: found is not None):
        paint(case, Box((3, 4, 15), (6, 9, 20)), 4)
        paint(case, Box((4, 6, 4), (5, 10, 7)), 1)
    assert figures.findings == counted(case)
    with qtbot.waitSignal(figures.changed):
        case.history.undo()
    assert figures.findings == counted(case)


def test_another_case_takes_the_figures_away_until_its_own_are_there(session, figures, qtbot) -> None:
    with qtbot.waitSignal(figures.changed, check_params_cb=lambda found: found is not None):
        session.set_case(lungs())
    told: list[object] = []
    figures.changed.connect(told.append)
    session.set_case(None)
    assert told == [None]
    assert figures.findings is None


def test_a_study_that_is_still_read_has_no_figures(session, figures, qtbot) -> None:
    case = lungs()
    session.set_case(case, loading=True)
    assert not figures._soon.isActive()
    assert figures.findings is None
    with qtbot.waitSignal(figures.changed, check_params_cb=lambda found: found is not None):
        session.set_volume(case.volume)


def test_a_count_that_fails_is_said_and_the_next_edit_tries_again(session, figures, qtbot, monkeypatch) -> None:
    from engine.case import measuring

    def fail(*_args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched, qtbot.waitSignal(figures.failed) as told:
        patched.setattr(measuring.Measuring, "update", fail)
        session.set_case(lungs())
    assert isinstance(told.args[0], GroundglassError)
    case = session.case
    assert case is not None
    with qtbot.waitSignal(figures.changed, check_params_cb=lambda found: found is not None):
        paint(case, Box((4, 6, 4), (5, 10, 7)), 1)
    assert figures.findings == counted(case)
