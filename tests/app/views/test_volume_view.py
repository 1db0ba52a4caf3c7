"""The 3-D pane: alive with OpenGL, a card without, and one thread for all of VTK."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.model.session import Session
from app.views.scene import Scene
from app.views.stage import Stage
from app.views.volume_view import VolumeView
from engine.case.delta import Delta, LabelSetChange
from engine.case.labelset import Label, LabelSet
from engine.core.errors import GroundglassError
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from tests.support.panes import a_case, painted, turn_wheel

GRID = Grid((24, 40, 52), (2.5, 1.6, 1.4), (-30.0, 12.0, 140.0))
SOLID = LabelSet((Label(1, "red", "Red", "#ff0000"), Label(2, "green", "Green", "#00ff00")))
WAIT = 30_000


def a_chest() -> Any:
    """Red on the patient's right, green on the left."""
    labels = np.zeros(GRID.shape_zyx, np.uint8)
    labels[6:18, 12:28, 6:20] = 1
    labels[6:18, 12:28, 32:46] = 2
    hu = np.where(labels > 0, 300, -1000).astype(np.int16)
    return a_case(grid=GRID, labels=labels, labelset=SOLID, hu=hu)


def live(qtbot: Any, view: VolumeView) -> None:
    def done() -> bool:
        assert view.stage is not Stage.FAILED, view.reason
        feed = view.feed
        return view.frame is not None and feed is not None and feed.shown_revision >= 0 and view.frame.triangles > 0

    qtbot.waitUntil(done, timeout=WAIT)
    settle(qtbot, view)


def settle(qtbot: Any, view: VolumeView) -> None:
    """Wait for a final frame that was asked for now; one that was under way has another camera, an equal one."""
    asked = replace(view.camera)
    with qtbot.waitSignal(
        view._thread.frame,  # type: ignore[union-attr]
        timeout=WAIT,
        check_params_cb=lambda frame: frame.final and frame.camera is asked,
    ):
        view.set_camera(asked)
    qtbot.wait(20)


def reds_and_greens(view: VolumeView) -> tuple[np.ndarray, np.ndarray]:
    picture = painted(view).astype(int)
    red = (picture[..., 0] > 90) & (picture[..., 1] < 60) & (picture[..., 2] < 60)
    green = (picture[..., 1] > 90) & (picture[..., 0] < 60) & (picture[..., 2] < 60)
    return red, green


@pytest.mark.gl
def test_labels_are_seen_in_their_colours_right_side_left(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    session.set_case(a_chest())
    live(qtbot, gl_view)
    red, green = reds_and_greens(gl_view)
    assert red.sum() > 500
    assert green.sum() > 500
    assert np.argwhere(red)[:, 1].mean() < 120 < np.argwhere(green)[:, 1].mean()
    gl_view.look_from("back")
    settle(qtbot, gl_view)
    red, green = reds_and_greens(gl_view)
    assert np.argwhere(green)[:, 1].mean() < 120 < np.argwhere(red)[:, 1].mean()
    # Another colour, then hidden.
    case = session.case
    assert case is not None
    case.history.apply(LabelSetChange(case.labelset, case.labelset.changing(2, visible=False), "x"))
    settle(qtbot, gl_view)
    assert reds_and_greens(gl_view)[1].sum() == 0
    assert reds_and_greens(gl_view)[0].sum() > 500


@pytest.mark.gl
def test_an_edit_reaches_the_surface(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    case = a_chest()
    session.set_case(case)
    live(qtbot, gl_view)
    box = Box((0, 0, 26), (24, 40, 52))
    case.history.apply(Delta.between(case.labels, box, np.zeros(box.shape, np.uint8), title="x"))
    qtbot.waitUntil(lambda: gl_view.feed.shown_revision == case.revision, timeout=WAIT)  # type: ignore[union-attr]
    settle(qtbot, gl_view)
    assert reds_and_greens(gl_view)[1].sum() == 0
    assert reds_and_greens(gl_view)[0].sum() > 300


@pytest.mark.gl
def test_the_first_surfaces_are_announced_while_they_are_made(
    session: Session, gl_view: VolumeView, qtbot: Any
) -> None:
    case = a_case(grid=GRID, labelset=SOLID)
    session.set_case(case)
    qtbot.waitUntil(lambda: gl_view.frame is not None and gl_view.feed is not None, timeout=WAIT)
    feed = gl_view.feed
    assert feed is not None
    qtbot.waitUntil(lambda: feed.shown_revision == case.revision, timeout=WAIT)
    assert feed.waiting_text == "Labels appear here as surfaces."
    box = Box((6, 12, 6), (18, 28, 20))
    change = Delta.between(case.labels, box, np.ones(box.shape, np.uint8), title="Brush", author="user")
    case.history.apply(change)
    assert feed.empty
    assert feed.waiting_text == "Making surfaces …"
    qtbot.waitUntil(lambda: not feed.empty, timeout=WAIT)


@pytest.mark.gl
def test_a_double_click_takes_the_crosshair_to_the_surface(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    case = a_chest()
    session.set_case(case)
    live(qtbot, gl_view)
    red, _ = reds_and_greens(gl_view)
    y, x = (int(v) for v in np.argwhere(red).mean(0))
    with qtbot.waitSignal(session.cursor_moved, timeout=WAIT):
        QTest.mouseDClick(gl_view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))
    z, y, x = session.cursor_zyx
    assert 6 <= z < 18
    assert 11 <= y <= 13, "the front of the block: the surface, not what lies behind"
    assert 6 <= x < 20
    cursor = session.cursor_zyx
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        QTest.mouseDClick(gl_view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(3, 3))
    assert "no surface" in said.args[0]
    assert session.cursor_zyx == cursor


@pytest.mark.gl
def test_the_mouse_turns_and_zooms_and_f_resets(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    session.set_case(a_chest())
    live(qtbot, gl_view)
    home = gl_view.camera
    QTest.mousePress(gl_view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
    QTest.mouseMove(gl_view, QPoint(140, 110))
    QTest.mouseRelease(gl_view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(140, 110))
    assert gl_view.camera.azimuth_deg != home.azimuth_deg
    turn_wheel(gl_view, QPointF(100, 100), 2)
    assert gl_view.camera.distance_mm < home.distance_mm
    assert gl_view.act("fit")
    assert gl_view.camera == home
    assert not gl_view.act("up")


@pytest.mark.gl
def test_a_cut_takes_away_what_lies_before_the_plane(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    session.set_case(a_chest())
    session.set_cursor((12, 20, 26))
    live(qtbot, gl_view)
    gl_view.look_from("right")
    settle(qtbot, gl_view)
    assert reds_and_greens(gl_view)[0].sum() > 300, "from the right the red block hides the green one"
    gl_view.set_cut("sagittal", on=True)
    settle(qtbot, gl_view)
    red, green = reds_and_greens(gl_view)
    assert red.sum() == 0
    assert green.sum() > 300
    gl_view.set_cut("sagittal", on=False)
    settle(qtbot, gl_view)
    assert reds_and_greens(gl_view)[0].sum() > 300


@pytest.mark.gl
def test_the_volume_is_drawn_where_the_surfaces_are(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    case = a_chest()
    session.set_case(case)
    live(qtbot, gl_view)
    surfaces_at = np.argwhere(sum(reds_and_greens(gl_view)) > 0)
    case.history.apply(
        LabelSetChange(case.labelset, case.labelset.changing(1, visible=False).changing(2, visible=False), "x")
    )
    camera = gl_view.camera
    gl_view.show_volume("bone")
    qtbot.waitUntil(lambda: not gl_view._jobs.jobs, timeout=WAIT)
    gl_view.set_camera(camera)
    settle(qtbot, gl_view)
    shown = painted(gl_view).astype(int)
    # Bone is warm and grey; the crosshair and the letters are not.
    bone = np.argwhere(
        (shown[..., 0] > 24) & (np.ptp(shown, axis=2) < 60) & (shown.min(axis=2) > 12) & (shown.max(axis=2) < 190)
    )
    assert len(bone) > 2000
    np.testing.assert_allclose(bone.mean(0), surfaces_at.mean(0), atol=10)
    np.testing.assert_allclose(bone.max(0)[1], surfaces_at.max(0)[1], atol=10)
    gl_view.show_volume(None)
    gl_view.set_camera(camera)
    settle(qtbot, gl_view)
    gone = painted(gl_view).astype(int)
    assert ((gone.max(axis=2) > 24) & (np.ptp(gone, axis=2) < 60)).sum() < len(bone) / 4


@pytest.mark.gl
def test_every_vtk_object_lives_in_the_render_thread(session: Session, gl_view: VolumeView, qtbot: Any) -> None:
    seen: list[Any] = []
    session.set_case(a_chest())
    live(qtbot, gl_view)
    thread = gl_view._thread
    assert thread is not None
    thread.post("look", lambda scene: seen.append((scene, threading.get_ident())))
    thread.render()
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT)
    scene, ident = seen[0]
    assert ident == gl_view.thread_of_vtk != threading.get_ident()
    for act in (
        lambda: scene.draw(final=True),
        lambda: scene.set_cuts(()),
        lambda: scene.pick(0.5, 0.5),
        lambda: scene.set_surfaces({}, fine=True),
        scene.finalize,
    ):
        with pytest.raises(GroundglassError, match="wrong thread"):
            act()
    gl_view.shut_down()
    assert not thread.alive
    gl_view.shut_down()


@pytest.mark.gl
def test_a_pane_that_is_deleted_without_being_closed_ends_its_thread(session: Session, qtbot: Any) -> None:
    from shiboken6 import delete

    view = VolumeView(session)
    view.resize(120, 100)
    view.show()
    session.set_case(a_chest())
    live(qtbot, view)
    thread = view._thread
    assert thread is not None
    delete(view)
    assert not thread.alive


def test_without_opengl_the_pane_is_a_card_and_all_else_works(session: Session, qtbot: Any) -> None:
    view = VolumeView(session, command=[sys.executable, "-c", "import os; os._exit(139)"])
    qtbot.addWidget(view)
    view.resize(400, 260)
    view.show()
    session.set_case(a_chest())
    qtbot.waitUntil(lambda: view.stage is Stage.FAILED, timeout=WAIT)
    assert "139" in view.reason
    assert painted(view).max() > 150, "the reason is written on the pane"
    assert not view.buttons.isEnabled()
    assert view.thread_of_vtk is None
    assert not any(t.name == "render" for t in threading.enumerate())
    session.set_cursor((3, 4, 5))
    view.show_volume("bone")
    view.reset()
    view.act("fit")
    assert view.picture().width() == 400


@pytest.mark.gl
def test_a_click_on_the_card_tries_again(session: Session, qtbot: Any) -> None:
    view = VolumeView(session, command=[sys.executable, "-c", "import os; os._exit(1)"])
    qtbot.addWidget(view)
    view.resize(240, 200)
    view.show()
    session.set_case(a_chest())
    qtbot.waitUntil(lambda: view.stage is Stage.FAILED, timeout=WAIT)
    view._command = None  # now the program's own probe, which works here
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(50, 50))
    live(qtbot, view)
    assert view.buttons.isEnabled()
    assert reds_and_greens(view)[0].sum() > 500
    view.shut_down()


def test_nothing_is_tried_before_a_case_is_shown(session: Session, qtbot: Any) -> None:
    view = VolumeView(session, command=["/nonexistent/probe"])
    qtbot.addWidget(view)
    view.show()
    assert view.stage is Stage.ASLEEP
    view.hide()
    session.set_case(a_chest())
    assert view.stage is Stage.ASLEEP
    view.show()
    assert view.stage is not Stage.ASLEEP


def test_the_scene_knows_its_own_thread_only() -> None:
    # Made here, used from another thread: refused before VTK is reached.
    scene = Scene.__new__(Scene)
    scene._thread = -1
    with pytest.raises(GroundglassError, match="wrong thread"):
        scene.resize(10, 10)
