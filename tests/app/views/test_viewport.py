"""Zoom and position of a pane."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.frame import PlaneFrame
from app.views.viewport import Viewport
from engine.geometry.grid import Grid

FRAME = PlaneFrame(Grid((40, 60, 90), (5.0, 0.7, 0.9)), "coronal")


def a_viewport(width: int = 640, height: int = 400) -> Viewport:
    made = Viewport()
    made.resize(width, height, FRAME)
    return made


def test_pixels_are_square_in_millimetres() -> None:
    view = a_viewport()
    x0, y0 = view.to_pixel(0, 0, FRAME)
    x1, y1 = view.to_pixel(10, 10, FRAME)
    assert (x1 - x0) / (10 * FRAME.column_mm) == pytest.approx((y1 - y0) / (10 * FRAME.row_mm))


def test_a_fitted_slice_lies_whole_inside_the_pane_and_stays_so() -> None:
    view = a_viewport()
    for size in ((640, 400), (200, 900), (97, 96)):
        view.resize(*size, FRAME)
        left, top = view.to_pixel(-0.5, -0.5, FRAME)
        right, bottom = view.to_pixel(FRAME.rows - 0.5, FRAME.columns - 0.5, FRAME)
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
        assert min(left + size[0] - right, top + size[1] - bottom) < 0.04 * max(size)


@given(x=st.floats(0, 640), y=st.floats(0, 400), factors=st.lists(st.floats(0.3, 3.0), min_size=1, max_size=6))
def test_zooming_keeps_the_point_under_the_mouse(x: float, y: float, factors: list[float]) -> None:
    view = a_viewport()
    before = view.to_voxel(x, y, FRAME)
    for factor in factors:
        view.zoom(factor, x, y, FRAME)
    assert view.to_voxel(x, y, FRAME) == pytest.approx(before, abs=1e-6)


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_voxel_and_pixel_are_inverse(row: float, column: float) -> None:
    view = a_viewport()
    view.zoom(2.3, 100, 50, FRAME)
    assert view.to_voxel(*view.to_pixel(row, column, FRAME), FRAME) == pytest.approx((row, column), abs=1e-6)


def test_zoom_has_an_end_on_both_sides() -> None:
    view = a_viewport()
    fitted = view.scale
    for _ in range(100):
        view.zoom(0.5, 10, 10, FRAME)
    assert view.scale == pytest.approx(fitted / 4)
    for _ in range(100):
        view.zoom(2.0, 10, 10, FRAME)
    assert view.scale * FRAME.column_mm == pytest.approx(64)


def test_the_slice_cannot_be_pushed_out_of_sight() -> None:
    view = a_viewport()
    view.pan(1e6, -1e6, FRAME)
    left, _ = view.to_pixel(0, -0.5, FRAME)
    _, bottom = view.to_pixel(FRAME.rows - 0.5, 0, FRAME)
    assert left == pytest.approx(320)
    assert bottom == pytest.approx(200)


def test_a_zoomed_pane_keeps_its_centre_when_it_is_resized() -> None:
    view = a_viewport()
    view.zoom(3.0, 100, 100, FRAME)
    centre = view.to_voxel(320, 200, FRAME)
    view.resize(300, 700, FRAME)
    assert view.to_voxel(150, 350, FRAME) == pytest.approx(centre)
