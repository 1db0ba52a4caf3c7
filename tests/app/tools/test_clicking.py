"""What a click that finds a region has to mind: locks, and results that come in between."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from engine.case.delta import Delta
from engine.edit import fill
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case


@pytest.fixture(autouse=True)
def _endless_patience(monkeypatch):
    """Growing may take its time: a busy machine is no reason for another result."""
    monkeypatch.setattr(fill.time, "monotonic", lambda: 0.0)


def at(z, y, x, axis=0, **keys) -> Pointer:
    return Pointer((z, y, x), axis, ("axial", "coronal", "sagittal")[axis], **keys)


def a_session(labels=None, tool="fill") -> Session:
    session = Session()
    session.set_case(a_case(labels=labels))
    Toolbox(session)
    session.set_tool(tool)
    session.said = []
    session.message.connect(session.said.append)
    return session


def click(session, pointer) -> None:
    session.active_tool.press(pointer)
    session.case.history.apply(session.active_tool.release(pointer))


def two_pieces() -> np.ndarray:
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    data[2:5, 3:8, 3:9] = 3
    data[7:10, 14:20, 16:26] = 3
    data[7:10, 20, 16] = 1
    return data


LUNG = (6, 12, 9)


def test_a_click_on_a_locked_label_says_so():
    session = a_session(two_pieces())
    session.case.labelset = session.case.labelset.changing(1, locked=True)
    assert "“Right lung” is locked" in session.active_tool.reason_against(at(8, 20, 16))
    assert "outside" in session.active_tool.reason_against(at(8, 20, 99))
    session.case.labelset = session.case.labelset.changing(3, locked=True)
    assert "“Ground-glass” is locked" in session.active_tool.reason_against(at(*LUNG))
    click(session, at(*LUNG))
    assert "“Ground-glass” is locked" in session.said[-1]


def test_a_result_that_came_in_between_press_and_release_is_not_overwritten():
    session = a_session()
    session.active_tool.press(at(*LUNG))
    network = np.full(SMALL.shape_zyx, 2, np.uint8)
    session.case.history.apply(
        Delta.between(session.case.labels, Box.whole(SMALL.shape_zyx), network, title="RA-UNet", author="m")
    )
    assert session.active_tool.release(at(*LUNG)) is None
    assert (session.case.labels.data == 2).all()
    assert session.preview is None
