"""The small pieces: what they show where space does not suffice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.look.pieces import ShortCombo
from app.look.style import apply_theme
from tests.support.panes import painted


@pytest.fixture
def dressed(qtbot: Any) -> Any:
    app = QApplication.instance()
    before = app.styleSheet()  # type: ignore[union-attr]
    apply_theme(app, "dark")  # type: ignore[arg-type]
    yield qtbot
    app.setStyleSheet(before)  # type: ignore[union-attr]


def combo(qtbot: Any, text: str, width: int) -> np.ndarray:
    """Return the picture of a box with one choice."""
    box = ShortCombo()
    qtbot.addWidget(box)
    box.addItem(text)
    box.setFixedWidth(width)
    return painted(box)


def test_a_long_choice_ends_in_dots_and_a_short_one_is_whole(dressed: Any) -> None:
    long = "RA-UNet 3-D, first weights, synthetic chests"
    cut = combo(dressed, long, 160)
    by_hand = [k for k in range(4, len(long)) if np.array_equal(cut, combo(dressed, long[:k].rstrip() + "…", 160))]
    assert by_hand, "the words are cut through a letter"
    assert not np.array_equal(combo(dressed, "Tiny", 160), combo(dressed, "Tin…", 160))
