"""Six cells: told to screen readers, warmer where more is involved, the patient's right on the left."""

from __future__ import annotations

import numpy as np
import pytest

from app.panels.thirds import _CELL, _GAP, _HEAD, _NAMES, ThirdsChart
from engine.case.severity import SIDES, THIRDS, Zone
from tests.support.panes import painted


@pytest.fixture
def chart(qtbot) -> ThirdsChart:
    made = ThirdsChart()
    qtbot.addWidget(made)
    made.resize(300, made.height())
    made.show()
    return made


def ground(chart: ThirdsChart, side: int, third: int) -> np.ndarray:
    """Return the colour of a cell, beside its words."""
    width = (chart.width() - _NAMES - _GAP) / 2
    x = round(_NAMES + side * (width + _GAP) + width / 2)
    y = _HEAD + third * (_CELL + _GAP) + 4
    return painted(chart)[y, x].astype(int)


def zones(**percent: float) -> list[Zone]:
    cells = [(side, third, percent.get(f"{side}_{third}", 0.0)) for side in SIDES for third in THIRDS]
    return [Zone(side, third, 800.0, 8.0 * share, share, 2) for side, third, share in cells]


def test_what_is_involved_is_warmer_and_stands_on_its_side(chart) -> None:
    chart.show_zones(zones(right_lower=60.0, left_upper=6.0), "tip")
    cells = {(side, third): ground(chart, k, r) for k, side in enumerate(SIDES) for r, third in enumerate(THIRDS)}
    calm = cells["right", "upper"]
    away = {cell: int(np.abs(colour - calm).sum()) for cell, colour in cells.items()}
    assert SIDES[0] == "right", "as in the slices: the patient's right on the left of the screen"
    assert away["right", "lower"] > away["left", "upper"] > 0
    assert {cell for cell, distance in away.items() if distance == 0} == set(cells) - {
        ("right", "lower"),
        ("left", "upper"),
    }


def test_screen_readers_hear_the_figures(chart) -> None:
    chart.show_zones(zones(right_lower=12.3), "How it is made")
    assert "right lower 12.3" in chart.accessibleName()
    assert "score 2" in chart.accessibleName()
    assert chart.toolTip() == "How it is made"
