"""A map that is kept small, and an interval that speaks of the label it was counted for only."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.doubt import DoubtMap, Interval, standing
from engine.core.errors import FormatError
from engine.geometry.box import Box

BOX = Box((2, 3, 4), (5, 10, 17))


def test_a_map_comes_back_as_it_was_and_is_small_where_nothing_is_doubtful() -> None:
    values = np.zeros(BOX.shape, np.uint8)
    values[1, 2:4, 5] = 200, 255
    kept = DoubtMap.of(values[:, ::-1], BOX)
    np.testing.assert_array_equal(kept.values(), values[:, ::-1])
    assert kept.nbytes < values.size / 2


def test_a_damaged_map_is_named() -> None:
    with pytest.raises(FormatError):
        DoubtMap(BOX, b"nothing").values()


def test_an_interval_stands_for_the_label_the_network_left_only() -> None:
    intervals = (Interval("effusion", 5, 1.0, 2.0), Interval("ground_glass", 90, 3.0, 9.0))
    assert standing(intervals, "ground_glass", 90) is intervals[1]
    assert standing(intervals, "ground_glass", 91) is None
    assert standing(intervals, "consolidation", 90) is None
