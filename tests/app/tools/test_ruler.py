"""Measuring: a distance in the patient, kept with the case, taken away with Ctrl."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from tests.support.cases import a_case
from tests.support.grids import oblique_grid

A, B = Pointer((4.2, 2.0, 3.0), 0, "axial"), Pointer((4.2, 10.0, 9.0), 0, "axial")


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case(oblique_grid()))
    Toolbox(session)
    session.set_tool("ruler")
    return session


def draw(session: Session, a: Pointer, b: Pointer) -> None:
    tool = session.active_tool
    tool.press(a)
    tool.move(b)
    session.case.history.apply(tool.release(b))


def test_a_distance_is_millimetres_of_the_patient_and_is_kept(session):
    said = []
    session.message.connect(said.append)
    draw(session, A, B)
    truth = np.hypot(8 * 0.8, 6 * 1.1)
    (kept,) = session.case.distances
    assert kept.mm(session.case.volume.grid) == pytest.approx(truth)
    assert (kept.start_zyx, kept.end_zyx, kept.axis) == ((4.0, 2.0, 3.0), (4.0, 10.0, 9.0), 0)
    assert said[-1] == f"{truth:.1f}\u2009mm"
    assert session.case.history.steps[0].title == f"Ruler: {truth:.1f}\u2009mm"
    session.case.history.undo()
    assert session.case.distances == ()
    session.case.history.redo()
    assert session.case.distances == (kept,)


def test_the_line_is_seen_while_it_is_drawn_in_its_slice_only(session):
    tool = session.active_tool
    assert tool.outline(A) is None
    tool.press(A)
    tool.move(Pointer((4, 10.0, 9.0), 1, "coronal"))
    assert tool.length_mm == 0
    tool.move(B)
    line = tool.outline(B)
    assert line.points_zyx == ((4.0, 2.0, 3.0), (4.0, 10.0, 9.0))
    assert line.text == f"{tool.length_mm:.1f}\u2009mm"
    assert tool.outline(Pointer((5, 2, 3), 0, "axial")) is None
    assert tool.outline(Pointer((4, 2, 3), 1, "coronal")) is None
    tool.cancel()
    assert tool.outline(B) is None
    assert tool.release(B) is None


def test_a_mere_click_and_no_case_measure_nothing(session):
    draw(session, A, A)
    assert session.case.distances == ()
    session.set_case(None)
    said = []
    session.message.connect(said.append)
    session.active_tool.press(A)
    assert said == ["Open a case first."]
    assert session.active_tool.release(B) is None


def test_ctrl_takes_the_line_under_the_mouse_away_and_no_other(session):
    draw(session, A, B)
    draw(session, Pointer((4.0, 2.0, 5.5), 0, "axial"), Pointer((4.0, 2.0, 9.5), 0, "axial"))
    first, second = session.case.distances
    on = Pointer((4.0, 6.2, 6.0), 0, "axial", ctrl=True)
    assert session.active_tool.outline(on).points_zyx == (first.start_zyx, first.end_zyx)
    assert session.active_tool.outline(on).forbidden
    assert session.active_tool.outline(Pointer((5.0, 6.2, 6.0), 0, "axial", ctrl=True)) is None
    draw(session, Pointer((4.0, 13.0, 1.0), 0, "axial", ctrl=True), Pointer((4.0, 13.0, 1.0), 0, "axial", ctrl=True))
    assert session.case.distances == (first, second)
    draw(session, on, on)
    assert session.case.distances == (second,)
    assert session.case.history.steps[-1].title.endswith("removed")
    session.case.history.undo()
    assert session.case.distances == (first, second)
