"""The bar beside a slice pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.model.session import Session
from app.views.slice_bar import SliceBar
from app.views.slice_view import SliceView
from tests.support.panes import a_case, painted

Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.mark.parametrize(("plane", "axis", "top", "bottom"), [("axial", 0, 11, 0), ("coronal", 1, 0, 19)])
def test_its_upper_end_is_the_head_or_the_front(
    session: Session, pane: Callable[..., SliceView], qtbot: Any, plane: str, axis: int, top: int, bottom: int
) -> None:
    bar = SliceBar(pane(plane))
    qtbot.addWidget(bar)
    bar.resize(14, 300)
    bar.show()
    session.set_case(a_case())
    QTest.mouseClick(bar, Left, No, QPoint(7, 2))
    assert session.cursor_zyx[axis] == top
    high = bar.handle().top()
    QTest.mouseClick(bar, Left, No, QPoint(7, 298))
    assert session.cursor_zyx[axis] == bottom
    assert bar.handle().top() > high
    session.set_cursor((11, 0, 0))
    assert bar.handle().top() == high


def test_the_handle_is_drawn_where_it_is_and_dragged(
    session: Session, pane: Callable[..., SliceView], qtbot: Any
) -> None:
    bar = SliceBar(pane("axial"))
    qtbot.addWidget(bar)
    bar.resize(14, 300)
    bar.show()
    assert painted(bar).max() == 0
    session.set_case(a_case())
    bright = painted(bar)[:, 7].max(axis=1) > 100
    assert bright[int(bar.handle().center().y())]
    assert bright.sum() <= bar.handle().height() + 1
    QTest.mousePress(bar, Left, No, bar.handle().center().toPoint())
    QTest.mouseMove(bar, QPoint(7, 20))
    QTest.mouseRelease(bar, Left, No, QPoint(7, 20))
    assert session.cursor_zyx[0] == 11
