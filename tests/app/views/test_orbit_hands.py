"""What the mouse does in the 3-D pane, without the pane: left turns, middle or Shift moves, right and wheel zoom."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from app.views.orbit import OrbitCamera
from app.views.orbit_hands import OrbitHands
from app.views.stage import Stage

Button, Mod = Qt.MouseButton, Qt.KeyboardModifier


class View:
    """As much of the pane as the hands touch."""

    def __init__(self) -> None:
        self.stage = Stage.LIVE
        self.camera = OrbitCamera()
        self.dragged: list[bool] = []
        self.settled = 0
        self.retried = 0

    def set_camera(self, camera: OrbitCamera, *, dragging: bool = False) -> None:
        self.camera = camera
        self.dragged.append(dragging)

    def settle(self) -> None:
        self.settled += 1

    def retry(self) -> None:
        self.retried += 1

    def height(self) -> int:
        return 400


def mouse(kind: QMouseEvent.Type, at: tuple[float, float], button: Qt.MouseButton, held, mods=Mod.NoModifier):
    point = QPointF(*at)
    return QMouseEvent(kind, point, point, button, held, mods)


@pytest.fixture
def view(qapp) -> View:
    return View()


def drag(view: View, button: Qt.MouseButton, by: tuple[float, float], mods=Mod.NoModifier) -> OrbitCamera:
    hands = OrbitHands(view)  # type: ignore[arg-type]
    hands.press(mouse(QMouseEvent.Type.MouseButtonPress, (100, 100), button, button, mods))
    hands.move(mouse(QMouseEvent.Type.MouseMove, (100 + by[0], 100 + by[1]), Button.NoButton, button, mods))
    hands.release(mouse(QMouseEvent.Type.MouseButtonRelease, (0, 0), button, Button.NoButton, mods))
    return view.camera


def test_left_turns_and_ends_with_a_whole_frame(view: View) -> None:
    assert drag(view, Button.LeftButton, (40, -10)) == OrbitCamera().turned(40, -10)
    assert view.dragged == [True]
    assert view.settled == 1


@pytest.mark.parametrize(
    ("button", "mods"), [(Button.MiddleButton, Mod.NoModifier), (Button.LeftButton, Mod.ShiftModifier)]
)
def test_middle_or_shift_moves_the_patient_along(view: View, button, mods) -> None:
    camera = drag(view, button, (30, 0), mods)
    assert camera.azimuth_deg == 0
    assert camera == OrbitCamera().moved(30, 0, 400)
    assert camera.centre_lps != OrbitCamera().centre_lps


def test_right_drag_upwards_and_the_wheel_come_nearer(view: View) -> None:
    far = OrbitCamera().distance_mm
    assert drag(view, Button.RightButton, (0, -30)).distance_mm < far
    near = view.camera.distance_mm
    turn = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, -120), Button.NoButton, Mod.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    OrbitHands(view).wheel(turn)  # type: ignore[arg-type]
    assert view.camera.distance_mm == pytest.approx(near * 1.15)
    assert turn.isAccepted()


def test_a_second_button_does_not_take_over(view: View) -> None:
    hands = OrbitHands(view)  # type: ignore[arg-type]
    both = Button.LeftButton | Button.RightButton
    hands.press(mouse(QMouseEvent.Type.MouseButtonPress, (100, 100), Button.LeftButton, Button.LeftButton))
    hands.press(mouse(QMouseEvent.Type.MouseButtonPress, (100, 100), Button.RightButton, both))
    hands.move(mouse(QMouseEvent.Type.MouseMove, (120, 100), Button.NoButton, both))
    assert view.camera == OrbitCamera().turned(20, 0)
    hands.release(mouse(QMouseEvent.Type.MouseButtonRelease, (120, 100), Button.RightButton, Button.LeftButton))
    assert view.settled == 0
    hands.release(mouse(QMouseEvent.Type.MouseButtonRelease, (120, 100), Button.LeftButton, Button.NoButton))
    assert view.settled == 1


def test_without_a_press_nothing_turns_and_a_dead_pane_tries_again(view: View) -> None:
    hands = OrbitHands(view)  # type: ignore[arg-type]
    hands.move(mouse(QMouseEvent.Type.MouseMove, (120, 100), Button.NoButton, Button.NoButton))
    assert view.camera == OrbitCamera()
    view.stage = Stage.FAILED
    hands.press(mouse(QMouseEvent.Type.MouseButtonPress, (100, 100), Button.LeftButton, Button.LeftButton))
    assert view.retried == 1
