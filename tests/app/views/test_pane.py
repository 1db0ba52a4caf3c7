"""A title in the colour of its plane; a double click or its button makes the pane whole."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.views.colours import PLANE_COLOURS
from app.views.pane import Pane, PaneTitle
from app.views.slice_bar import SliceBar
from tests.support.panes import painted


@pytest.fixture
def title(qtbot) -> PaneTitle:
    made = PaneTitle("coronal")
    qtbot.addWidget(made)
    made.resize(260, made.height())
    made.show()
    return made


def test_the_mark_has_the_colour_of_the_plane(title: PaneTitle) -> None:
    wanted = PLANE_COLOURS["coronal"].getRgb()[:3]
    np.testing.assert_array_equal(painted(title)[:, 1], np.broadcast_to(wanted, (title.height(), 3)))


def test_notes_and_the_keyboard_are_seen(title: PaneTitle) -> None:
    plain = painted(title)
    title.set_note("MIP 10 mm")
    noted = painted(title)
    assert (noted != plain).any()
    title.set_active(on=True)
    assert (painted(title)[:, 100:] != noted[:, 100:]).any()


def test_a_name_is_never_written_beneath_the_buttons(qtbot) -> None:
    title = PaneTitle("volume")
    title.row.insertWidget(title.row.count() - 1, buttons := QWidget())
    buttons.setFixedSize(90, 20)
    qtbot.addWidget(title)
    title.show()
    for width, named in ((260, True), (122, False)):
        title.resize(width, title.height())
        title.layout().activate()
        left = painted(title)[:, 4 : buttons.x()]
        assert (left != left[0, 0]).any() == named
        assert (painted(title)[:, buttons.x() : buttons.geometry().right()] == left[0, 0]).all()


def test_a_double_click_of_the_left_button_asks_for_the_whole_pane(qtbot) -> None:
    pane = Pane("axial", QWidget())
    qtbot.addWidget(pane)
    pane.resize(300, 200)
    pane.show()
    asked: list[str] = []
    pane.toggled.connect(asked.append)
    at = QPoint(150, 10)
    QTest.mouseDClick(pane.title, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(pane.title, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, at)
    assert asked == ["axial"]
    pane.title._button.click()
    assert asked == ["axial", "axial"]
    assert pane.findChild(SliceBar) is None, "only slices have a bar"


def test_the_button_says_what_a_click_would_do(title: PaneTitle) -> None:
    assert title._button.accessibleName() == "Make this pane whole"
    title.set_whole(on=True)
    assert title._button.accessibleName() == "Show all panes again"


def test_a_slice_has_its_bar(pane, qtbot) -> None:
    made = Pane("axial", pane("axial"))
    qtbot.addWidget(made)
    assert made.findChild(SliceBar) is not None
