"""The doubt in force is that of the last result in force, whatever was done and undone."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.doubt import Doubts
from app.model.session import Session
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import DoubtMap
from engine.geometry.box import Box
from tests.support.panes import a_case

BOX = Box((1, 2, 3), (4, 6, 8))


def step(case: Case, label: int) -> None:
    after = np.full(BOX.shape, label, np.uint8)
    case.history.apply(Delta.between(case.labels, BOX, after, title="x", author="net"))


def a_map(value: int) -> DoubtMap:
    return DoubtMap.of(np.full(BOX.shape, value, np.uint8), BOX)


@pytest.fixture
def session(qtbot) -> Session:
    made = Session()
    made.set_case(a_case())
    return made


def test_undo_takes_the_doubt_away_and_redo_brings_it_back(session: Session) -> None:
    case, doubts = session.case, session.doubts
    assert case is not None
    first, second = a_map(1), a_map(2)
    step(case, 3)
    doubts.keep(case, first)
    step(case, 4)  # a brush: the doubt about the scan stays
    assert doubts.now is first
    step(case, 5)
    doubts.keep(case, second)
    assert doubts.now is second
    seen = []
    doubts.changed.connect(lambda: seen.append(doubts.now))
    for done, wanted in ((2, first), (1, first), (0, None), (1, first), (2, first), (3, second)):
        case.history.goto(done)
        assert doubts.now is wanted
    assert seen == [first, None, first, second]


def test_a_result_without_doubt_hides_that_of_an_older_one(session: Session) -> None:
    case, doubts = session.case, session.doubts
    assert case is not None
    first = a_map(1)
    step(case, 3)
    doubts.keep(case, first)
    step(case, 4)
    doubts.keep(case, None)
    assert doubts.now is None
    case.history.undo()
    assert doubts.now is first


def test_a_result_that_changed_nothing_leaves_its_doubt_with_what_is_there(session: Session) -> None:
    case, doubts = session.case, session.doubts
    assert case is not None
    bare, confirmed = a_map(1), a_map(2)
    doubts.keep(case, bare)
    assert doubts.now is bare
    step(case, 3)
    doubts.keep(case, confirmed)
    case.history.undo()
    assert doubts.now is bare


def test_steps_that_are_gone_take_their_maps_along(session: Session) -> None:
    case, doubts = session.case, session.doubts
    assert case is not None
    step(case, 3)
    doubts.keep(case, a_map(1))
    case.history.undo()
    step(case, 4)  # the undone step is let go
    doubts.keep(case, a_map(2))
    assert len(doubts._of) == 1


def test_another_case_knows_no_doubt(session: Session) -> None:
    case, doubts = session.case, session.doubts
    assert case is not None
    step(case, 3)
    doubts.keep(case, a_map(1))
    doubts.want(on=True)
    session.set_case(a_case())
    assert (doubts.now, doubts.wanted) == (None, False)


def test_it_tells_only_what_is_new(qtbot) -> None:
    doubts, said = Doubts(), []
    doubts.changed.connect(lambda: said.append(1))
    doubts.forget()
    doubts.want(on=False)
    doubts.want(on=True)
    doubts.want(on=True)
    assert len(said) == 1
