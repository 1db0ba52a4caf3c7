"""Fill: one click, one region."""

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


LUNG = (6, 12, 9)


def test_growing_takes_what_looks_alike_and_says_how_much():
    session = a_session()
    session.active_tool.press(at(*LUNG))
    assert not session.case.labels.data.any()
    assert (session.preview.values == 3).any()
    session.case.history.apply(session.active_tool.release(at(*LUNG)))
    found = session.case.labels.data == 3
    hu = session.case.volume.hu
    assert found.sum() > 200
    assert hu[found].max() < -600
    assert session.said[-1] == f"{found.sum() * SMALL.voxel_ml:.1f} ml"
    assert session.case.history.steps[-1].title == "Fill: Ground-glass"


def test_growing_that_stops_early_says_where():
    session = a_session()
    session.active_tool.options.reach_mm = 5
    click(session, at(*LUNG))
    assert session.said[-1].endswith("stopped 5 mm from the click")


def test_ctrl_takes_the_region_away_from_the_active_label():
    session = a_session()
    click(session, at(*LUNG))
    session.active_tool.options.mode = "slice"
    click(session, at(*LUNG, ctrl=True))
    assert not (session.case.labels.data[6] == 3).any()
    assert (session.case.labels.data[5] == 3).any()
    session.set_label(0)
    click(session, at(5, 12, 9))
    assert not (session.case.labels.data[5] == 3).any()
    assert session.case.history.steps[-1].title == "Erase region"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_drawn_outline_is_filled_in_one_slice(axis):
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    plane = np.moveaxis(data, axis, 0)[5]
    plane[2:9, 3:11] = 3
    plane[3:8, 4:10] = 0
    session = a_session(data)
    session.active_tool.options.mode = "outline"
    click(session, at(*np.insert([5, 6], axis, 5), axis=axis))
    assert session.case.labels.counts[3] == 7 * 8
    click(session, at(*np.insert([0, 0], axis, 5), axis=axis))
    assert "outline is open" in session.said[-1]
    assert session.case.labels.counts[3] == 7 * 8


def test_what_may_not_be_painted_over_is_told():
    session = a_session(np.full(SMALL.shape_zyx, 1, np.uint8))
    session.active_tool.options.over = "empty"
    for mode in ("slice", "volume"):
        session.active_tool.options.mode = mode
        click(session, at(*LUNG))
        assert "Paint over" in session.said[-1]
    hole = np.full(SMALL.shape_zyx, 1, np.uint8)
    hole[6, 10:14, 8:11] = 2
    session = a_session(hole)
    session.active_tool.options.mode = "outline"
    session.active_tool.options.over = "empty"
    click(session, at(*LUNG))
    assert "Paint over" in session.said[-1]


def test_the_words_beside_the_cursor_say_what_a_click_does():
    session = a_session()
    options = session.active_tool.options
    assert session.active_tool.outline(at(*LUNG)).text == "fill ± 80 HU, up to 40 mm"
    options.mode = "slice"
    assert session.active_tool.outline(at(*LUNG, ctrl=True)).text == "erase ± 80 HU"
    options.mode = "outline"
    assert session.active_tool.outline(at(*LUNG)).text == "fill outline"
