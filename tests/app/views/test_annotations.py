"""What is written over a slice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QRegion

from app.look import figures
from app.look.figures import THIN
from app.model.session import Session, Slab
from app.views.annotations import corner_texts, position_text, value_text
from app.views.slice_view import SliceView
from engine.case.volume import Notice, SeriesInfo, Volume
from engine.geometry.hu import Window
from tests.support.panes import SHAPE, a_case, painted

MakePane = Callable[..., SliceView]


def test_corners_have_fixed_meaning(session: Session, pane: MakePane) -> None:
    view = pane("coronal")
    labels = np.zeros(SHAPE, np.uint8)
    labels[2, 3, 4] = 3
    case = a_case(labels=labels)
    session.set_case(case)
    session.set_window(Window(-600, 1200))
    session.set_slab(Slab("mip", 10.0))
    assert view.frame is not None
    texts = corner_texts(session, case, view.frame, view.viewport, 3, (2, 3, 4))
    assert texts.top_left == ("CT 12 slices 2.5 mm", "2026-03-14")
    assert texts.top_right[0] == "W 1200  L −600"
    assert texts.top_right[1].startswith("Zoom ")
    assert texts.top_right[2] == f"MIP 10.0{THIN}mm"
    assert texts.bottom_left == (f"−766{THIN}HU · Ground-glass", f"R{THIN}27.2  P{THIN}14.4  H{THIN}145.0{THIN}mm")
    assert texts.bottom_right == (f"Slice 4{THIN}/{THIN}20", f"P 14.4{THIN}mm · 0.8{THIN}mm thick")


def test_grey_values_that_are_no_hu_are_not_called_so() -> None:
    assert value_text(a_case(has_hu=False), (2, 3, 4)) == "value −766"
    assert value_text(a_case(), (99, 0, 0)) == ""


def test_unknown_orientation_shows_question_marks_and_no_sides(session: Session, pane: MakePane) -> None:
    case = a_case(orientation_known=False)
    assert position_text(case, (2, 3, 4)) == "[2 3 4]"
    view = pane("axial", (300, 300))
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16)))
    known = painted(view)
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16), orientation_known=False))
    unknown = painted(view)
    assert (known[130:170, 4:24] != unknown[130:170, 4:24]).any()
    # Doubtful things are in the colour of doubt: red well above blue.
    letter = unknown[130:170, 4:24].astype(int)
    assert (letter[..., 0] - letter[..., 2] > 80).any()


def test_texts_hide_in_a_narrow_pane_but_the_letters_stay(session: Session, pane: MakePane) -> None:
    dark = a_case(hu=np.full(SHAPE, -1024, np.int16))
    wide, narrow = pane("axial", (320, 300)), pane("axial", (240, 300))
    session.set_window(Window(0, 100))
    session.set_case(dark)
    session.set_cursor((6, 19, 25))
    assert painted(wide)[4:40, 4:100].max() > 100
    assert painted(narrow)[4:40, 4:80].max() == 0
    assert painted(narrow)[140:160, 4:24].max() > 100


@pytest.mark.parametrize("width", [280, 320, 360, 420])
def test_corners_leave_the_letter_between_them_alone(session: Session, pane: MakePane, width: int) -> None:
    view = pane("coronal", (width, 300))
    session.set_window(Window(0, 100))
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16)))
    session.set_cursor((6, 19, 25))
    foot, middle = painted(view)[262:300].max(axis=(0, 2)), round(view.viewport.width / 2)
    assert foot[middle - 5 : middle + 5].max() > 120, "no letter"
    assert foot[middle - 13 : middle - 8].max() < 60
    assert foot[middle + 8 : middle + 13].max() < 60


def test_no_text_names_what_is_not_in_the_neutral_info(session: Session, pane: MakePane) -> None:
    view = pane()
    base = a_case()
    info = SeriesInfo("CT 12 slices", "dicom", uid_hash="secret-hash")
    case = type(base)(Volume(base.volume.hu, base.volume.grid, info, (Notice("x", "y"),)))
    session.set_case(case)
    assert view.frame is not None
    texts = corner_texts(session, case, view.frame, view.viewport, 0, (0, 0, 0))
    everything = " ".join((*texts.top_left, *texts.top_right, *texts.bottom_left, *texts.bottom_right))
    assert "secret-hash" not in everything


def test_a_thickness_is_rounded_as_the_panels_round_it(session: Session, pane: MakePane) -> None:
    view = pane("axial")
    base = a_case()
    info = SeriesInfo("CT 12 slices", "dicom", thickness_mm=1.25)
    case = type(base)(Volume(base.volume.hu, base.volume.grid, info))
    session.set_case(case)
    assert view.frame is not None
    texts = corner_texts(session, case, view.frame, view.viewport, 0, (0, 0, 0))
    assert texts.bottom_right[1].endswith(f"{figures.mm(1.25)} thick")
    assert figures.mm(1.25) == f"1.3{THIN}mm"


def test_the_scale_bar_is_as_long_as_it_says(session: Session, pane: MakePane) -> None:
    view = pane("axial", (500, 400))
    session.set_case(a_case(hu=np.full(SHAPE, -1024, np.int16)))
    session.set_cursor((6, 0, 0))
    picture = painted(view)[300:, 300:].max(axis=2)
    longest = 0
    for line in picture:
        runs = np.diff(np.flatnonzero(np.concatenate(([True], line < 120, [True]))))
        longest = max(longest, int(runs.max()) - 1)
    assert longest == round(5 * view.viewport.scale)


@pytest.mark.parametrize("size", [(500, 400), (240, 130)])
def test_a_part_painted_again_shows_what_the_whole_does(
    session: Session, pane: MakePane, size: tuple[int, int]
) -> None:
    view = pane("axial", (700, 600))
    session.set_case(a_case())
    painted(view)
    view.resize(*size)
    width, height = size
    # Two pictures of a changed pane: one whole, one put together from parts, the middle and every edge.
    session.set_cursor((9, 3, 4))
    whole, pieces = QImage(width, height, QImage.Format.Format_RGB32), QImage(width, height, QImage.Format.Format_RGB32)
    view.render(whole)
    session.set_cursor((2, 15, 20))
    view.render(whole)
    pieces.fill(0)
    for top in range(0, height, 37):
        for left in range(0, width, 41):
            part = QRect(left, top, 41, 37).intersected(view.rect())
            view.render(pieces, part.topLeft(), QRegion(part))
    assert pieces == whole
