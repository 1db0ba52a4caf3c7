"""The crosshair: where the other panes cut this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.model.session import Session
from app.views.crosshair import GAP_PX, crosshair_rects
from app.views.slice_view import SliceView
from engine.geometry.hu import Window
from tests.support.panes import SHAPE, a_case, painted

MakePane = Callable[..., SliceView]


def test_the_crosshair_is_open_in_the_middle_and_in_the_colours_of_the_other_planes(
    session: Session, pane: MakePane
) -> None:
    view = pane("axial", (500, 400))
    session.set_window(Window(0, 100))
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16)))
    session.set_cursor((6, 9, 15))
    picture = painted(view).astype(int)
    at = view.pixel_of((6, 9, 15))
    x, y = round(at.x() - 0.5), round(at.y() - 0.5)
    half = GAP_PX // 2
    assert picture[y - half + 1 : y + half, x - half + 1 : x + half].max() == 0
    upright, level = picture[y - half - 20, x], picture[y, x + half + 20]
    assert upright[2] > upright[1] > upright[0] + 40, "blue: sagittal"
    assert level[1] > level[2] > 0, "green: coronal"
    assert level[1] > level[0]


def test_crosshair_pieces_leave_the_gap_free_everywhere() -> None:
    for x, y in ((0.0, 0.0), (200.0, 150.0), (399.0, 299.0), (-50.0, 20.0)):
        upright, level = crosshair_rects(x, y, 400, 300)
        for rect in upright:
            assert abs(rect.center().y() - y) >= GAP_PX / 2 - 1
        for rect in level:
            assert abs(rect.center().x() - x) >= GAP_PX / 2 - 1


def test_moving_the_crosshair_leaves_no_trail(session: Session, pane: MakePane, qtbot: object) -> None:
    view = pane("axial", (500, 400))
    session.set_case(a_case())
    for index in ((6, 3, 3), (6, 18, 22), (6, 10, 1), (6, 9, 15)):
        session.set_cursor(index)
        view.grab()
    trail = painted(view)
    session.set_window(replace(session.window, level=session.window.level + 1))
    session.set_window(replace(session.window, level=session.window.level - 1))
    np.testing.assert_array_equal(painted(view), trail)
