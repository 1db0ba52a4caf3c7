"""Millimetres of a line, on grids that are no cubes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.case.distance import Distance, distances_from
from engine.core.errors import FormatError
from engine.geometry.grid import Grid
from tests.support.grids import oblique_grid


def test_its_length_is_that_in_the_patient() -> None:
    line = Distance((3.0, 0.0, 0.0), (3.0, 3.0, 4.0), 0)
    assert line.mm(Grid((9, 9, 9), (5.0, 0.8, 0.5))) == pytest.approx(math.hypot(2.4, 2.0))
    grid = oblique_grid((9, 9, 9))
    ends = [np.array(grid.to_lps(end)) for end in (line.start_zyx, line.end_zyx)]
    assert line.mm(grid) == pytest.approx(float(np.linalg.norm(ends[1] - ends[0])))


def test_it_lies_in_the_slice_it_was_drawn_in() -> None:
    assert Distance((1.0, 6.6, 0.0), (2.0, 6.6, 4.0), 1).slice_index == 7


def test_it_comes_back_from_plain_data() -> None:
    line = Distance((1.0, 6.5, 0.0), (2.0, 6.5, 4.25), 1)
    assert distances_from([line.as_list()]) == (line,)


@pytest.mark.parametrize("values", [[1.0] * 6, [1.0] * 6 + [3.0], [math.nan] + [1.0] * 6, ["a"] * 7])
def test_what_is_no_line_is_refused(values: list[float]) -> None:
    with pytest.raises(FormatError, match="distance"):
        Distance.from_list(values)
