"""The threshold brush."""

from __future__ import annotations

import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from engine.case.labelset import Label
from tests.support.cases import a_case


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case())
    Toolbox(session)
    session.set_tool("threshold")
    session.active_tool.options.radius_mm = 60
    session.active_tool.options.shape = "ball"
    return session


def stroke(session, **keys) -> None:
    at = Pointer((6.0, 12.0, 15.0), 0, "axial", **keys)
    session.active_tool.press(at)
    session.case.history.apply(session.active_tool.release(at))


def test_each_label_has_its_own_range(session):
    hu, labels = session.case.volume.hu, session.case.labels
    session.set_label(1)
    stroke(session)
    assert ((labels.data == 1) == ((hu >= -1024) & (hu <= -500))).all()
    session.set_label(4)
    stroke(session)
    assert ((labels.data == 4) == ((hu >= -300) & (hu <= 150))).all()
    at = Pointer((6.0, 12.0, 15.0), 0, "axial", ctrl=True)
    assert session.active_tool.outline(at).text == "60 mm · erase −300…150 HU"
    stroke(session, ctrl=True)
    assert not (labels.data == 4).any()
    assert (labels.data == 1).any()


def test_a_range_of_ones_own_holds_for_any_label(session):
    hu, labels = session.case.volume.hu, session.case.labels
    options = session.active_tool.options
    options.range, options.low_hu, options.high_hu = "own", 30, 50
    stroke(session)
    assert ((labels.data == 3) == ((hu >= 30) & (hu <= 50))).all()
    options.range, options.over = "label", "empty"
    session.case.labelset = session.case.labelset.adding(Label(7, "own", "Own", "#123456"))
    session.set_label(7)
    options.low_hu, options.high_hu = 40, 60
    stroke(session)
    assert ((labels.data == 7) == ((hu > 50) & (hu <= 60))).all()
    session.case.labelset = session.case.labelset.changing(7, locked=True)
    assert "“Own” is locked" in session.active_tool.reason_against(Pointer((6, 12, 15), 0, "axial"))
