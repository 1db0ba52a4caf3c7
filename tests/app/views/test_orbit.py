"""The camera of the 3-D pane, as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.orbit import OrbitCamera, camera_for


@pytest.mark.parametrize(
    ("name", "right", "up"),
    [
        ("front", (1, 0, 0), (0, 0, 1)),
        ("back", (-1, 0, 0), (0, 0, 1)),
        ("left", (0, 1, 0), (0, 0, 1)),
        ("right", (0, -1, 0), (0, 0, 1)),
        ("top", (1, 0, 0), (0, 1, 0)),
        ("bottom", (1, 0, 0), (0, -1, 0)),
    ],
)
def test_named_sides_show_the_patient_as_expected(
    name: str, right: tuple[int, int, int], up: tuple[int, int, int]
) -> None:
    axes = OrbitCamera().viewed(name).axes
    np.testing.assert_allclose(axes[0], right, atol=0.02)
    np.testing.assert_allclose(axes[1], up, atol=0.02)


@given(st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), max_size=8))
def test_axes_stay_a_right_handed_frame_and_the_head_up(drags: list[tuple[float, float]]) -> None:
    camera = OrbitCamera()
    for dx, dy in drags:
        camera = camera.turned(dx, dy)
    axes = camera.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.cross(axes[0], axes[1]), axes[2], atol=1e-9)
    assert axes[1][2] > 0


def test_the_patient_follows_the_hand() -> None:
    camera = camera_for((10.0, 20.0, 30.0), 100.0)
    front = (10.0, -80.0, 30.0)
    before = camera.project(front, 400, 300)
    assert camera.turned(20, 0).project(front, 400, 300)[0] > before[0]
    assert camera.turned(0, 20).project(front, 400, 300)[1] > before[1]
    moved = camera.moved(15, -7, 300).project((10.0, 20.0, 30.0), 400, 300)
    assert moved == pytest.approx((215, 143), abs=0.01)


def test_a_ball_is_seen_whole() -> None:
    camera = camera_for((1.0, 2.0, 3.0), 100.0)
    assert camera.project((1.0, 2.0, 3.0), 400, 300) == pytest.approx((200, 150))
    x, y = camera.project((101.0, 2.0, 3.0), 300, 300)
    assert 285 < x < 300
    assert y == pytest.approx(150)


def test_zoom_has_an_end() -> None:
    camera = camera_for((0.0, 0.0, 0.0), 100.0)
    for _ in range(200):
        camera = camera.nearer(1.5)
    assert camera.distance_mm == 20.0
