"""The outline under the mouse: where the tool would touch, in the colour of what it may."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from app.model.tool import Outline
from app.views.colours import BAD
from app.views.frame import PlaneFrame
from app.views.halo import pane_font
from app.views.outline import OutlineMark
from app.views.viewport import Viewport
from tests.support.panes import a_case

SIZE = 300
SQUARE = ((5.0, 6.0, 8.0), (5.0, 6.0, 16.0), (5.0, 14.0, 16.0), (5.0, 14.0, 8.0), (5.0, 6.0, 8.0))


@pytest.fixture
def frame() -> PlaneFrame:
    return PlaneFrame(a_case().volume.grid, "axial")


@pytest.fixture
def viewport(frame: PlaneFrame) -> Viewport:
    made = Viewport()
    made.resize(SIZE, SIZE, frame)
    made.fit(frame)
    return made


def drawn(mark: OutlineMark) -> np.ndarray:
    image = QImage(SIZE, SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor(128, 128, 128))
    painter = QPainter(image)
    mark.draw(painter)
    painter.end()
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(SIZE, -1, 4)
    return flat[:, :SIZE, 2::-1].astype(int)


def test_it_is_drawn_over_the_voxels_it_names(qapp, frame, viewport) -> None:
    mark = OutlineMark()
    mark.place(Outline(SQUARE), frame, viewport, None)
    bright = drawn(mark).min(axis=2) > 200
    rows, columns = np.nonzero(bright)
    corners = [frame.on_slice((point,)) for point in (SQUARE[0], SQUARE[2])]
    (x0, y0), (x1, y1) = (viewport.to_pixel(float(row[0]), float(column[0]), frame) for row, column in corners)
    assert (columns.min(), rows.min()) == pytest.approx((x0, y0), abs=2)
    assert (columns.max(), rows.max()) == pytest.approx((x1, y1), abs=2)
    assert not bright[round((y0 + y1) / 2), round((x0 + x1) / 2)], "it is no filled square"


def test_what_would_do_nothing_is_red(qapp, frame, viewport) -> None:
    mark = OutlineMark()
    mark.place(Outline(SQUARE, forbidden=True), frame, viewport, None)
    seen = drawn(mark)
    wanted = np.array(BAD.getRgb()[:3])
    assert (np.abs(seen - wanted).sum(axis=2) < 60).sum() > 50
    assert not (seen.min(axis=2) > 200).any()


def test_only_the_old_and_the_new_place_are_painted_again(qapp, frame, viewport) -> None:
    mark = OutlineMark()
    first = mark.place(Outline(SQUARE), frame, viewport, None)
    moved = tuple((z, y + 4, x + 6) for z, y, x in SQUARE)
    both = mark.place(Outline(moved, "12 mm"), frame, viewport, QPointF(250, 250))
    assert both.contains(first.boundingRect().center())
    assert both.contains(QPointF(270, 270).toPoint()), "the words beside the mouse too"
    last = mark.place(None, frame, viewport, None)
    assert last.boundingRect().height() < both.boundingRect().height()
    assert mark.place(None, frame, viewport, None).isEmpty()
    assert (drawn(mark) == 128).all()


LONG = "6 mm · −750…−300 HU, labelled only"


@pytest.mark.parametrize("mouse", [QPointF(20, 30), QPointF(290, 30), QPointF(150, 290), QPointF(290, 290)])
def test_long_words_are_whole_and_leave_nothing_behind(qapp, frame, viewport, mouse: QPointF) -> None:
    mark = OutlineMark()
    again = mark.place(Outline((), LONG), frame, viewport, mouse)
    touched = np.argwhere((drawn(mark) != 128).any(axis=2))
    assert len(touched) > 300
    assert all(again.contains(QPoint(int(x), int(y))) for y, x in touched)
    whole = QFontMetricsF(pane_font(12)).horizontalAdvance(LONG)
    assert np.ptp(touched[:, 1]) > 0.9 * whole, "nothing lies beyond the edge of the pane"
