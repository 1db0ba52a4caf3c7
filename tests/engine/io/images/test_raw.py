"""Right angles: kept, straightened, or declined."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import GeometryError
from engine.io.images.raw import RawImage, slant_deg, straight_grid
from tests.support.grids import oblique_grid


def image(steps, origin=(1.0, 2.0, 3.0)) -> RawImage:
    return RawImage(np.zeros((9, 14, 11), np.int16), np.asarray(steps), np.asarray(origin), "nrrd")


def test_right_angles_are_kept_to_the_last_digit():
    grid = oblique_grid()
    found, notices = straight_grid(image(grid.steps_lps, grid.origin_lps), "a")
    assert found.matches(grid, 1e-9)
    assert notices == ()


@pytest.mark.parametrize(("degrees", "kept"), [(0.05, True), (0.2, False), (12.0, False)])
def test_less_than_a_tenth_of_a_degree_is_straightened(degrees, kept):
    steps = oblique_grid().steps_lps.copy()
    direction = steps[1] / np.linalg.norm(steps[1])
    steps[0] += direction * np.linalg.norm(steps[0]) * np.tan(np.radians(degrees))
    assert slant_deg(steps) == pytest.approx(degrees, rel=1e-3)
    grid, notices = straight_grid(image(steps), "a")
    assert (grid is not None) == kept
    if kept:
        assert notices[0].severity == "info"
        assert f"{degrees:.2f}" in notices[0].text


@pytest.mark.parametrize("steps", [np.diag([0.0, 1, 1]), np.diag([np.nan, 1, 1]), np.diag([1e9, 1, 1])])
def test_impossible_spacing_is_named(steps):
    with pytest.raises(GeometryError, match="“a”"):
        straight_grid(image(steps), "a")
    with pytest.raises(GeometryError):
        straight_grid(image(np.eye(3), (np.inf, 0, 0)), "a")
