"""Mouse and keyboard in a slice pane, with real events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.model.action import Context
from app.model.session import Session
from app.views.actions import ACTIONS
from app.views.slice_view import SliceView
from app.views.workspace import Workspace
from engine.geometry.hu import LUNG, Window
from tests.support.actions import NoWindow
from tests.support.panes import FLAT, SHAPE, a_case, painted, turn_wheel

MakePane = Callable[..., SliceView]
Left, Right, Middle = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
Ctrl, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
No = Qt.KeyboardModifier.NoModifier


def middle(view: SliceView) -> QPoint:
    return QPoint(view.width() // 2, view.height() // 2)


def drag(view: SliceView, button: Any, start: QPoint, *stops: QPoint, modifiers: Any = No) -> None:
    QTest.mousePress(view, button, modifiers, start)
    for stop in stops:
        move(view, stop, button, modifiers)
    QTest.mouseRelease(view, button, modifiers, stops[-1])


def move(view: SliceView, to: QPoint, buttons: Any = Qt.MouseButton.NoButton, modifiers: Any = No) -> None:
    from PySide6.QtGui import QMouseEvent

    at = QPointF(to)
    where = QPointF(view.mapToGlobal(to))
    event = QMouseEvent(QEvent.Type.MouseMove, at, where, Qt.MouseButton.NoButton, buttons, modifiers)
    QApplication.sendEvent(view, event)


@pytest.mark.parametrize(("plane", "axis", "up"), [("axial", 0, 1), ("coronal", 1, -1), ("sagittal", 2, -1)])
def test_the_wheel_scrolls_one_slice_a_notch(session: Session, pane: MakePane, plane: str, axis: int, up: int) -> None:
    view = pane(plane)
    session.set_case(a_case())
    before = session.cursor_zyx[axis]
    turn_wheel(view, QPointF(middle(view)), 1)
    assert session.cursor_zyx[axis] == before + up
    turn_wheel(view, QPointF(middle(view)), -3)
    assert session.cursor_zyx[axis] == before - 2 * up


def test_parts_of_a_notch_add_up(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    for _ in range(8):
        turn_wheel(view, QPointF(middle(view)), 0.25)
    assert session.cursor_zyx[0] == SHAPE[0] // 2 + 2


def test_a_flood_of_wheel_steps_is_drawn_once(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    painted(view)
    drawn = view.times_drawn
    for _ in range(40):
        turn_wheel(view, QPointF(middle(view)), -1)
        turn_wheel(view, QPointF(middle(view)), 1)
    turn_wheel(view, QPointF(middle(view)), 1)
    painted(view)
    assert view.times_drawn == drawn + 1


def test_the_wheel_stops_at_the_ends(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    turn_wheel(view, QPointF(middle(view)), 100)
    assert session.cursor_zyx[0] == SHAPE[0] - 1
    turn_wheel(view, QPointF(middle(view)), -100)
    assert session.cursor_zyx[0] == 0


def test_ctrl_and_wheel_zoom_about_the_mouse(session: Session, pane: MakePane) -> None:
    view = pane("sagittal")
    session.set_case(a_case())
    at = QPointF(123, 77)
    pointer = view.pointer(at, No)
    cursor, scale = session.cursor_zyx, view.viewport.scale
    for notches in (1, 2, -1):
        turn_wheel(view, at, notches, Ctrl)
    after = view.pointer(at, No)
    assert pointer is not None
    assert after is not None
    assert after.index_zyx == pytest.approx(pointer.index_zyx, abs=1e-6)
    assert view.viewport.scale > scale * 1.3
    assert session.cursor_zyx == cursor


def test_middle_drag_and_space_drag_move_the_picture_with_the_hand(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    view.zoom(3.0)
    start, stop = QPoint(200, 150), QPoint(230, 120)
    held = view.pointer(QPointF(start), No)
    drag(view, Middle, start, QPoint(210, 140), stop)
    assert view.pointer(QPointF(stop), No).index_zyx == pytest.approx(held.index_zyx, abs=1e-6)  # type: ignore[union-attr]
    cursor = session.cursor_zyx
    held = view.pointer(QPointF(start), No)
    QTest.keyPress(view, Qt.Key.Key_Space)
    drag(view, Left, start, stop)
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert view.pointer(QPointF(stop), No).index_zyx == pytest.approx(held.index_zyx, abs=1e-6)  # type: ignore[union-attr]
    assert session.cursor_zyx == cursor
    drag(view, Left, start, stop)
    assert session.cursor_zyx != cursor


def test_right_drag_sets_width_and_level_and_a_double_click_resets(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    drag(view, Right, QPoint(100, 100), QPoint(150, 100))
    assert session.window.level == LUNG.level
    assert session.window.width > LUNG.width
    wide = session.window.width
    drag(view, Right, QPoint(100, 100), QPoint(100, 60))
    assert session.window.level > LUNG.level
    assert session.window.width == wide
    QTest.mouseDClick(view, Right, No, QPoint(100, 100))
    assert session.window == LUNG


def test_escape_takes_a_window_drag_back(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    QTest.mousePress(view, Right, No, QPoint(100, 100))
    move(view, QPoint(180, 140), Right)
    assert session.window != LUNG
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert session.window == LUNG
    QTest.mouseRelease(view, Right, No, QPoint(180, 140))
    assert session.window == LUNG


def test_a_width_never_falls_below_one(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    drag(view, Right, QPoint(390, 100), QPoint(1, 100), QPoint(-4000, 100))
    assert session.window.width == 1


def test_a_click_moves_the_crosshair_of_every_pane(session: Session, pane: MakePane) -> None:
    axial, coronal, sagittal = pane("axial"), pane("coronal"), pane("sagittal")
    session.set_case(a_case())
    target = (SHAPE[0] // 2, 4, 20)
    QTest.mouseClick(axial, Left, No, axial.pixel_of(target).toPoint())
    assert session.cursor_zyx == target
    assert (coronal.index, sagittal.index) == (4, 20)


def test_a_dragged_crosshair_stays_inside_the_volume(session: Session, pane: MakePane) -> None:
    view = pane("coronal")
    session.set_case(a_case())
    drag(view, Left, middle(view), QPoint(-500, -500))
    assert session.cursor_zyx == (SHAPE[0] - 1, SHAPE[1] // 2, 0)


def test_shift_and_a_move_drag_the_crosshair_along_in_any_tool(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    session.set_tool("brush")
    target = (SHAPE[0] // 2, 15, 5)
    move(view, view.pixel_of(target).toPoint(), modifiers=Shift)
    assert session.cursor_zyx == target
    move(view, view.pixel_of((6, 3, 3)).toPoint())
    assert session.cursor_zyx == target


def test_ctrl_click_takes_the_label_under_the_mouse(session: Session, pane: MakePane) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[6, 8:12, 10:14] = 2
    view = pane()
    session.set_case(a_case(labels=labels, labelset=FLAT))
    session.set_label(1)
    cursor = session.cursor_zyx
    QTest.mouseClick(view, Left, Ctrl, view.pixel_of((6, 10, 12)).toPoint())
    assert session.label_id == 2
    assert session.cursor_zyx == cursor


def test_a_brush_stroke_is_one_undoable_step(session: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    case = a_case(labelset=FLAT)
    session.set_case(case)
    session.set_label(1)
    session.set_tool("brush")
    session.change_options("brush", radius_mm=2.0)
    start, stop = (view.pixel_of((6, 10, x)).toPoint() for x in (8, 16))
    QTest.mousePress(view, Left, No, start)
    move(view, stop, Left)
    assert session.preview is not None
    assert not case.labels.data.any(), "a stroke in the air is not in the case"
    QTest.mouseRelease(view, Left, No, stop)
    assert session.preview is None
    assert len(case.history.steps) == 1
    assert (case.labels.data[6, 10, 8:17] == 1).all()
    assert not case.labels.data[5].any()
    case.history.undo()
    assert not case.labels.data.any()


def test_escape_drops_the_stroke_in_the_air(session: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    case = a_case(labelset=FLAT)
    session.set_case(case)
    session.set_label(1)
    session.set_tool("brush")
    before = painted(view)
    at = view.pixel_of((6, 10, 8)).toPoint()
    QTest.mousePress(view, Left, No, at)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, Left, No, at)
    assert not case.history.steps
    assert session.preview is None
    view.show_outline(None)
    np.testing.assert_array_equal(painted(view)[60:-60], before[60:-60])


def test_a_tool_that_may_not_work_here_says_why_and_does_nothing(session: Session, pane: MakePane, qtbot: Any) -> None:
    view = pane()
    case = a_case(labelset=FLAT.changing(1, locked=True))
    session.set_case(case)
    session.set_label(1)
    session.set_tool("brush")
    said: list[str] = []
    session.message.connect(said.append)
    QTest.mouseClick(view, Left, No, middle(view))
    assert len(said) == 1
    assert "locked" in said[0].lower()
    assert not case.history.steps


def test_shift_and_wheel_change_the_size_of_the_brush_and_nothing_else(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    session.set_tool("brush")
    cursor, size = session.cursor_zyx, session.active_tool.options.radius_mm
    turn_wheel(view, QPointF(middle(view)), 2, Shift)
    assert session.active_tool.options.radius_mm > size
    turn_wheel(view, QPointF(middle(view)), -40, Shift)
    assert session.active_tool.options.radius_mm == 0.5
    session.set_tool("navigate")
    turn_wheel(view, QPointF(middle(view)), 1, Shift)
    assert session.cursor_zyx == cursor


def test_the_outline_of_the_tool_is_drawn_under_the_mouse(session: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16)))
    session.set_cursor((6, 0, 0))
    session.set_tool("brush")
    session.change_options("brush", radius_mm=3.0)
    without = painted(view)
    at = view.pixel_of((6, 10, 12))
    move(view, at.toPoint())
    changed = (painted(view) != without).any(axis=2)
    radius = 3.0 * view.viewport.scale
    for dx, dy in ((radius, 0), (-radius, 0), (0, radius), (0, -radius)):
        x, y = round(at.x() + dx), round(at.y() + dy)
        assert changed[y - 2 : y + 3, x - 2 : x + 3].any()
    assert not changed[round(at.y()) - 3 : round(at.y()) + 4, round(at.x()) - 3 : round(at.x()) + 4].any()
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    np.testing.assert_array_equal(painted(view), without)


def test_the_voxel_under_the_mouse_is_told_and_none_beside_the_slice(session: Session, pane: MakePane) -> None:
    view = pane()
    session.set_case(a_case())
    told: list[Any] = []
    session.pointer_moved.connect(told.append)
    move(view, view.pixel_of((6, 3, 21)).toPoint())
    move(view, QPoint(1, 1))
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert told == [(6, 3, 21), None, None]


@pytest.fixture
def keyed(qtbot: Any, session: Session) -> Workspace:
    """A workspace whose keys come from the table of actions, as in the window."""
    workspace = Workspace(session, session.find_tool)
    workspace.volume.hide()
    session.set_layout("grid")
    qtbot.addWidget(workspace)
    context = Context(session, NoWindow(), NoWindow())  # type: ignore[arg-type]
    for action in ACTIONS:
        live = QAction(workspace)
        live.setShortcuts([QKeySequence(k) for k in action.keys])
        live.triggered.connect(lambda _=False, a=action: a.run(context))
        workspace.addAction(live)
    workspace.resize(900, 700)
    workspace.volume.stage = type(workspace.volume.stage).FAILED
    workspace.show()
    qtbot.waitExposed(workspace)
    workspace.activateWindow()
    workspace.slices["axial"].setFocus()
    session.set_case(a_case())
    return workspace


@pytest.mark.parametrize(
    ("key", "slice_"),
    [("Up", 7), ("Down", 5), ("PgUp", 11), ("PgDown", 0), ("Home", 11), ("End", 0)],
)
def test_keys_scroll_the_pane_that_has_the_keyboard(keyed: Workspace, qtbot: Any, key: str, slice_: int) -> None:
    code = QKeySequence(key)[0].key()
    QTest.keyClick(keyed.slices["axial"], code)
    assert keyed.session.cursor_zyx[0] == slice_
    keyed.slices["coronal"].setFocus()
    QTest.keyClick(keyed.slices["coronal"], Qt.Key.Key_Down)
    assert keyed.session.cursor_zyx[1] == 11


def test_keys_zoom_and_fit(keyed: Workspace, qtbot: Any) -> None:
    view = keyed.slices["axial"]
    fitted = view.viewport.scale
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.viewport.scale == pytest.approx(1.25 * fitted)
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.viewport.scale == pytest.approx(fitted)
    assert not view.viewport.fitted
    QTest.keyClick(view, Qt.Key.Key_F)
    assert view.viewport.fitted


def test_keys_choose_windows(keyed: Workspace, qtbot: Any) -> None:
    QTest.keyClick(keyed.slices["axial"], Qt.Key.Key_F3)
    assert keyed.session.window == Window(50, 350, "Mediastinum")
    QTest.keyClick(keyed.slices["axial"], Qt.Key.Key_F6)
    assert keyed.session.window.name == "Automatic"


def test_m_makes_the_pane_whole_and_back(keyed: Workspace, qtbot: Any) -> None:
    keyed.slices["coronal"].setFocus()
    QTest.keyClick(keyed.slices["coronal"], Qt.Key.Key_M)
    assert keyed.session.maximised == "coronal"
    assert keyed.slices["coronal"].isVisible()
    assert not keyed.slices["axial"].isVisible()
    QTest.keyClick(keyed.slices["coronal"], Qt.Key.Key_M)
    assert keyed.session.maximised is None
    assert keyed.slices["axial"].isVisible()
