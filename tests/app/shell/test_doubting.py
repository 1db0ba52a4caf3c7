"""The layer over the slices is the doubt that is in force and wanted, and nothing else is disturbed by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.jobs.queue import InlineQueue
from app.model.heat import Heat
from app.model.prefs import Preferences
from app.model.session import Session
from app.shell.doubting import DoubtLayer
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import DoubtMap
from engine.geometry.box import Box
from tests.support.panes import a_case

BOX = Box((1, 2, 3), (4, 6, 8))


class Room:
    """A session with a case that a network has segmented."""

    def __init__(self) -> None:
        self.session, self.preferences = Session(), Preferences()
        self.layer = DoubtLayer(self.session, InlineQueue(), self.preferences, self.session)  # type: ignore[arg-type]
        self.case: Case = a_case()
        self.session.set_case(self.case)
        self.values = np.random.default_rng(1).integers(0, 256, BOX.shape).astype(np.uint8)
        after = np.full(BOX.shape, 3, np.uint8)
        self.case.history.apply(Delta.between(self.case.labels, BOX, after, title="S", author="net"))
        self.session.doubts.keep(self.case, DoubtMap.of(self.values, BOX))


@pytest.fixture
def room(qtbot: Any) -> Room:
    return Room()


def test_it_lies_where_the_network_looked_and_goes_and_comes_with_the_result(room: Room) -> None:
    session = room.session
    assert session.heat is None
    session.doubts.want(on=True)
    heat = session.heat
    assert heat is not None
    np.testing.assert_array_equal(heat.values, room.values)
    assert heat.grid == room.case.volume.grid.crop(BOX)
    assert heat.at_zyx is None
    assert heat.opacity == room.preferences.now.heat_percent / 100
    room.case.history.undo()
    assert session.heat is None
    room.case.history.redo()
    assert session.heat is not None
    session.doubts.want(on=False)
    assert session.heat is None


def test_an_explanation_takes_its_place_and_stays_when_it_goes(room: Room) -> None:
    session = room.session
    session.doubts.want(on=True)
    why = Heat(np.ones((2, 2, 2), np.float32), room.case.volume.grid.crop(Box((0, 0, 0), (2, 2, 2))), (1, 1, 1))
    session.set_heat(why)
    assert session.heat is why
    assert not session.doubts.wanted
    assert session.heat_of("doubt") is None
    session.doubts.want(on=True)
    hidden = session.heat_of("explanation")
    assert hidden is not None
    assert not hidden.shown
    session.set_heat(replace(hidden, shown=True))
    assert session.heat is not None
    assert session.heat.kind == "explanation"


def test_its_strength_is_that_of_the_settings(room: Room) -> None:
    room.session.doubts.want(on=True)
    room.preferences.update(heat_percent=25)
    assert room.session.heat is not None
    assert room.session.heat.opacity == 0.25


def test_another_case_shows_none(room: Room) -> None:
    room.session.doubts.want(on=True)
    room.session.set_case(a_case())
    assert room.session.heat is None
