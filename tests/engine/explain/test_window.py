"""The window lies around the place, whatever way the scan is stored."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.explain.window import window_at
from engine.geometry.grid import Grid
from engine.nets.card import Card

SHAPE = (30, 40, 36)
GRID = Grid(SHAPE, (2.0, 1.5, 1.5), (-20.0, -30.0, 5.0))


def card(**changes: object) -> Card:
    return Card("c", "ra_unet3d", ("lung",), patch=(8, 16, 16), **changes)  # type: ignore[arg-type]


def spot(index: tuple[int, int, int]) -> np.ndarray:
    hu = np.full(SHAPE, -1000, np.int16)
    hu[index] = 1000
    return hu


@pytest.mark.parametrize("index", [(15, 20, 18), (0, 0, 0), (29, 39, 35), (15, 1, 30)])
@pytest.mark.parametrize("flipped", [False, True])
def test_the_place_is_where_the_scan_says(index: tuple[int, int, int], *, flipped: bool) -> None:
    grid, hu = GRID, spot(index)
    point = tuple(float(v) for v in grid.to_lps(index))
    if flipped:  # the same patient, stored from the other end of each axis
        hu = hu[::-1, ::-1, ::-1]
        first = tuple(float(v) for v in GRID.to_lps((29, 39, 35)))
        rows = tuple(tuple(-v for v in row) for row in GRID.direction)
        grid = Grid(SHAPE, GRID.spacing_zyx_mm, first, rows)  # type: ignore[arg-type]
    window = window_at(hu, grid, card(), point)  # type: ignore[arg-type]
    assert tuple(window.x.shape) == (1, 1, 8, 16, 16)
    assert window.x[(0, 0, *window.at)] == 1
    assert np.allclose(window.grid.to_lps(window.at), point, atol=1e-6)


def test_the_window_has_the_spacing_of_the_network() -> None:
    point = tuple(float(v) for v in GRID.to_lps((15, 20, 18)))
    window = window_at(spot((15, 20, 18)), GRID, card(spacing=(4.0, 3.0, 3.0)), point)  # type: ignore[arg-type]
    assert window.grid.spacing_zyx_mm == (4.0, 3.0, 3.0)
    assert np.abs(window.grid.to_lps(window.at) - point).max() <= 2.0


def test_a_network_of_slices_sees_one() -> None:
    point = tuple(float(v) for v in GRID.to_lps((7, 20, 18)))
    window = window_at(spot((7, 20, 18)), GRID, card(spacing=(0.0, 1.5, 1.5)), point)  # type: ignore[arg-type]
    assert window.x.shape[2] == 1
    assert window.x.max() == 1


def test_a_place_outside_is_refused() -> None:
    with pytest.raises(InputError, match="outside the scan"):
        window_at(spot((0, 0, 0)), GRID, card(), (500.0, 0.0, 0.0))
