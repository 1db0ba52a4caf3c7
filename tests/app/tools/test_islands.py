"""Islands: one click, one piece."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from engine.edit import fill
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


def test_a_wrong_piece_is_two_clicks_away_from_another_label():
    session = a_session(two_pieces(), "islands")
    session.set_label(4)
    click(session, at(8, 15, 18))
    assert session.case.labels.counts[4] == 3 * 6 * 10
    assert session.case.labels.counts[3] == 3 * 5 * 6
    assert session.case.history.steps[-1].title == "Island: Ground-glass → Consolidation"
    assert session.said[-1] == f"{180 * SMALL.voxel_ml:.1f} ml"


def test_ctrl_takes_a_piece_away():
    session = a_session(two_pieces(), "islands")
    assert session.active_tool.outline(at(3, 4, 5, ctrl=True)).text == "remove"
    click(session, at(3, 4, 5, ctrl=True))
    assert session.case.labels.counts[3] == 180
    assert session.case.history.steps[-1].title == "Remove island: Ground-glass"


def test_only_the_clicked_piece_is_kept():
    session = a_session(two_pieces(), "islands")
    session.active_tool.options.act = "keep"
    assert session.active_tool.outline(at(3, 4, 5)).text == "keep only this"
    click(session, at(3, 4, 5))
    assert session.case.labels.counts[3] == 90
    assert session.case.labels.counts[1] == 3
    assert (session.case.labels.data[2:5, 3:8, 3:9] == 3).all()
    click(session, at(3, 4, 5))
    assert session.said[-1] == "There is no other piece."


def test_islands_says_what_is_in_the_way():
    session = a_session(two_pieces(), "islands")
    tool = session.active_tool
    assert tool.reason_against(at(0, 0, 0)) == "There is no label here."
    assert "active label already" in tool.reason_against(at(3, 4, 5))
    session.set_label(0)
    assert "No label is active" in tool.reason_against(at(3, 4, 5))
    assert tool.outline(at(3, 4, 5)).text == ""
    session.set_label(4)
    assert tool.reason_against(at(3, 4, 5)) is None
    assert tool.outline(at(3, 4, 5)).text == "→ Consolidation"
    session.case.labelset = session.case.labelset.changing(3, locked=True)
    assert "“Ground-glass” is locked" in tool.reason_against(at(3, 4, 5, ctrl=True))


def test_a_piece_of_a_label_that_has_no_name_can_go_too():
    session = a_session(two_pieces() * 9 // 9 + (two_pieces() == 3) * np.uint8(40), "islands")
    click(session, at(3, 4, 5, ctrl=True))
    assert session.case.labels.counts[43] == 180
    assert session.case.history.steps[-1].title == "Remove island: 43"


def test_nothing_is_found_where_nothing_is():
    session = a_session(two_pieces(), "islands")
    assert session.active_tool.find(session.case, (0, 0, 0), at(0, 0, 0)) == "There is no label here."
    session.active_tool.cancel()
    assert session.preview is None
