"""What holds for every tool of the table, whatever it does."""

from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.registry import TOOLS, tool_actions
from app.tools.toolbox import Toolbox
from tests.support.cases import SMALL, a_case, random_labels

NAMES = list(TOOLS)


@pytest.fixture
def session() -> Session:
    session = Session()
    session.set_case(a_case(labels=random_labels(SMALL.shape_zyx)))
    return session


def gesture(tool, places, axis=0, **keys):
    points = [Pointer(p, axis, ("axial", "coronal", "sagittal")[axis], **keys) for p in places]
    tool.press(points[0])
    for point in points[1:]:
        tool.move(point)
    return tool.release(points[-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("ctrl", [False, True])
def test_undo_after_a_gesture_brings_back_every_voxel(session, name, axis, ctrl):
    tool = Toolbox(session).get(name)
    before = session.case.labels.data.copy()
    change = gesture(tool, [(5, 8, 9), (6, 12, 14), (6, 13, 20)], axis, ctrl=ctrl)
    assert (session.case.labels.data == before).all()
    assert session.preview is None or session.preview.accept_hint
    session.case.history.apply(change)
    if change is not None:
        assert (session.case.labels.data != before).any() if change.box else session.case.distances
        session.case.history.undo()
    assert (session.case.labels.data == before).all()
    assert not session.case.distances


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", [(-20.0, 8, 9), (5, 99, 9), (5, 8, -40.0)])
def test_outside_the_volume_nothing_happens(session, name, place):
    tool = Toolbox(session).get(name)
    tool.outline(Pointer(place, 0, "axial"))
    assert gesture(tool, [place]) is None


@pytest.mark.parametrize("name", NAMES)
def test_locked_labels_never_change(session, name):
    case = session.case
    case.labelset = case.labelset.changing(1, locked=True).changing(3, locked=True)
    before = case.labels.data.copy()
    tool = Toolbox(session).get(name)
    for label_id in (3, 4, 0):
        session.set_label(label_id)
        for ctrl in (False, True):
            case.history.apply(gesture(tool, [(5, 8, 9), (6, 12, 14), (6, 13, 20)], ctrl=ctrl))
            now = case.labels.data
            for locked in (1, 3):
                assert ((now == locked) == (before == locked)).all()


@pytest.mark.parametrize("name", NAMES)
def test_esc_leaves_nothing_behind(session, name):
    tool = Toolbox(session).get(name)
    before = session.case.labels.data.copy()
    tool.press(Pointer((5, 8, 9), 0, "axial"))
    tool.move(Pointer((5, 12, 9), 0, "axial"))
    tool.cancel()
    assert session.preview is None
    assert tool.release(Pointer((5, 12, 9), 0, "axial")) is None
    assert (session.case.labels.data == before).all()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_case_it_says_so(name):
    session = Session()
    tool = Toolbox(session).get(name)
    at = Pointer((5, 8, 9), 0, "axial")
    assert "Open a case" in tool.reason_against(at)
    assert tool.outline(at) is None
    assert gesture(tool, [at.index_zyx]) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_options_can_be_shown_as_controls(session, name):
    options = Toolbox(session).get(name).options
    hints = get_type_hints(type(options))
    for field in dataclasses.fields(options):
        meta = field.metadata
        assert meta["label"], field.name
        assert meta["tip"].endswith((".", ")")), field.name
        value = getattr(options, field.name)
        if hints[field.name] is bool:
            continue
        if hints[field.name] in (float, int):
            assert meta["low"] <= value <= meta["high"]
            assert meta["step"] > 0
            assert meta["unit"]
        else:
            assert set(meta["words"]) == set(get_args(hints[field.name]))
            assert value in meta["words"]
        when = meta.get("when")
        assert when is None or (when if isinstance(when, str) else when[0]) in hints


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_is_made_once_and_found_by_the_session(session, name):
    box = Toolbox(session)
    session.set_tool(name)
    assert session.active_tool is box.get(name) is box.get(name)
    assert session.active_tool.id == name
    assert session.active_tool.title
    assert session.active_tool.cursor in {"cross", "none", "arrow"}


def test_every_action_has_a_title_a_tip_and_a_key_of_its_own():
    actions = tool_actions()
    assert len({a.id for a in actions}) == len(actions)
    keys = [k for a in actions for k in a.keys]
    assert len(set(keys)) == len(keys)
    for action in actions:
        assert action.title
        assert action.tip.endswith(".")
    assert {"B", "E", "[", "]", "D", "Esc", "0", "1", "9", "`", "G", "T", "K", "I", "J", "R"} <= set(keys)


def test_every_tool_can_be_taken_up_by_an_action():
    assert {f"tool.{name}" for name in NAMES} <= {a.id for a in tool_actions()}


def test_brush_sizes_beyond_the_volume_are_no_trouble(session):
    box = Toolbox(session)
    session.set_tool("brush")
    box.get("brush").options.radius_mm = 60
    box.get("brush").options.shape = "ball"
    session.case.history.apply(gesture(box.get("brush"), [(5, 12, 15)]))
    assert (session.case.labels.data == 3).all()
    assert session.case.labels.counts[3] == np.prod(SMALL.shape_zyx)
