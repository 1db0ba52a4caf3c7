"""One observable state: setters keep within bounds and tell only when something changed."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Overlay, Preview, Session, Slab
from app.tools.toolbox import Toolbox
from engine.case.delta import Delta
from engine.case.labelset import Label, LabelSet
from engine.geometry.box import Box
from engine.geometry.hu import Window
from tests.support.panes import a_case


@pytest.fixture
def session(qtbot) -> Session:
    return Session()


def told(signal) -> list[tuple[object, ...]]:
    heard: list[tuple[object, ...]] = []
    signal.connect(lambda *args: heard.append(args))
    return heard


def test_a_case_puts_the_cursor_in_its_middle_and_keeps_it_inside(session) -> None:
    session.set_cursor((1, 1, 1))
    assert session.cursor_zyx == (0, 0, 0)
    session.set_case(a_case((12, 20, 26)))
    assert session.cursor_zyx == (6, 10, 13)
    moved = told(session.cursor_moved)
    session.set_cursor((-4, 99, 25))
    assert session.cursor_zyx == (0, 19, 25)
    session.set_cursor((-1, 50, 25))
    assert len(moved) == 1


def test_only_the_open_case_is_listened_to(session) -> None:
    first, second = a_case(), a_case()
    session.set_case(first)
    session.set_case(second)
    changes = told(session.labels_changed)
    box = Box((1, 2, 3), (3, 5, 7))
    for case in (first, second):
        case.history.apply(Delta.between(case.labels, box, np.ones(box.shape, np.uint8), title="x"))
    assert [change.box for (change,) in changes] == [box]
    session.set_case(None)
    second.history.undo()
    assert len(changes) == 1


def test_the_finished_volume_takes_the_place_of_the_one_being_read(session) -> None:
    case = a_case()
    session.set_case(case, loading=True)
    whole = a_case().volume
    ready = told(session.volume_ready)
    session.set_volume(whole)
    assert case.volume is whole
    assert not session.loading
    assert len(ready) == 1
    session.set_case(None)
    session.set_volume(whole)
    assert len(ready) == 1


@pytest.mark.parametrize(
    ("signal", "setter", "value", "name", "kept"),
    [
        ("window_changed", "set_window", Window(-600, 0.2), "window", Window(-600, 1.0)),
        ("overlay_changed", "set_overlay", Overlay(opacity=1.7), "overlay", Overlay(opacity=1.0)),
        ("overlay_changed", "set_overlay", Overlay(opacity=-1), "overlay", Overlay(opacity=0.0)),
        ("slab_changed", "set_slab", Slab("mip", 99), "slab", Slab("mip", 50.0)),
        ("slab_changed", "set_slab", Slab("mip", 0), "slab", Slab("mip", 1.0)),
        ("interpolate_changed", "set_interpolate", False, "interpolate", False),
        ("layout_changed", "set_layout", "grid", "layout", "grid"),
    ],
)
def test_setters_keep_within_bounds_and_tell_once(session, signal, setter, value, name, kept) -> None:
    heard = told(getattr(session, signal))
    for _ in range(2):
        getattr(session, setter)(value)
    assert getattr(session, name) == kept
    assert len(heard) == 1


def test_a_layout_can_have_one_pane_whole_for_now(session) -> None:
    session.set_layout("grid", maximised="coronal")
    assert (session.layout, session.maximised) == ("grid", "coronal")
    session.set_layout("grid")
    assert session.maximised is None


def test_labels_are_taken_by_numbers_that_exist(session) -> None:
    session.set_case(a_case(labelset=LabelSet((Label(7, "own", "Own", "#102030"),))))
    assert session.label_id == 7
    session.set_label(3)
    assert session.label.name == "Own"
    session.set_label(0)
    assert session.label is None
    assert session.label_id == 0


def test_looking_is_no_step_of_the_history(session) -> None:
    case = a_case()
    session.set_case(case)
    heard = told(session.labels_changed)
    session.show_label(3, visible=False)
    session.show_label(3, fill=False)
    session.show_label(3, visible=False)
    session.show_label(77, visible=False)
    label = case.labelset.by_id(3)
    assert not label.visible
    assert not label.fill
    assert len(heard) == 2
    assert case.history.steps == ()


def test_another_tool_drops_what_was_in_the_air(session) -> None:
    session.set_case(a_case())
    box = Box((1, 2, 3), (3, 5, 7))
    session.set_preview(Preview(box, np.ones(box.shape, np.uint8)))
    heard = told(session.preview_changed)
    session.set_tool("brush")
    assert session.preview is None
    assert heard == [(box,)]
    session.set_preview(None)
    assert len(heard) == 1


def test_a_preview_repaints_the_old_and_the_new_place(session) -> None:
    first, second = Box((1, 2, 3), (3, 5, 7)), Box((4, 0, 1), (5, 3, 9))
    heard = told(session.preview_changed)
    session.set_preview(Preview(first, np.ones(first.shape, np.uint8)))
    session.set_preview(Preview(second, np.ones(second.shape, np.uint8)))
    session.set_preview(Preview(second, np.ones(second.shape, np.uint8)), repaint=first)
    assert [box for (box,) in heard] == [first, Box((1, 0, 1), (5, 5, 9)), first]


def test_options_are_told_when_they_change(session) -> None:
    session.change_options("brush", radius_mm=3.0)  # nobody has the tools yet
    assert session.active_tool is None
    Toolbox(session)
    heard = told(session.options_changed)
    session.change_options("brush", radius_mm=3.5)
    session.change_options("brush", radius_mm=3.5)
    assert heard == [("brush",)]
    assert session.find_tool("brush").options.radius_mm == 3.5
