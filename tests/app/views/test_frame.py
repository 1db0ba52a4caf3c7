"""Planes on the screen, for every order and tilt of the source."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from app.model.session import PLANES, Plane
from app.views.frame import Patch, PlaneFrame
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction

SHAPE, SPACING, ORIGIN = (5, 7, 9), (2.5, 0.8, 0.7), (-30.0, 12.0, 140.0)
# What a reader expects at the left, upper, right and lower edge.
LETTERS: dict[Plane, tuple[str, str, str, str]] = {
    "axial": ("R", "A", "L", "P"),
    "coronal": ("R", "H", "L", "F"),
    "sagittal": ("A", "H", "P", "F"),
}


def every_order() -> list[Grid]:
    canonical = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    return [
        Grid(SHAPE, SPACING, ORIGIN, as_direction(canonical[list(order)] * np.array(signs)[:, None]))
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ]


@pytest.mark.parametrize("grid", every_order())
@pytest.mark.parametrize("plane", PLANES)
def test_letters_are_radiological_for_all_48_orders(grid: Grid, plane: Plane) -> None:
    assert PlaneFrame(grid, plane).edge_letters == LETTERS[plane]


@pytest.mark.parametrize("grid", every_order())
@pytest.mark.parametrize("plane", PLANES)
def test_right_and_down_on_screen_lead_where_the_letters_say(grid: Grid, plane: Plane) -> None:
    frame = PlaneFrame(grid, plane)
    here, right, below = (
        np.array(grid.to_lps(frame.to_case(1, row, column))) for row, column in ((1, 1), (1, 2), (2, 1))
    )
    ways = {"R": (-1, 0, 0), "L": (1, 0, 0), "A": (0, -1, 0), "P": (0, 1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
    _, _, to_right, to_bottom = frame.edge_letters
    np.testing.assert_allclose(right - here, np.array(ways[to_right]) * frame.column_mm, atol=1e-9)
    np.testing.assert_allclose(below - here, np.array(ways[to_bottom]) * frame.row_mm, atol=1e-9)


@pytest.mark.parametrize("grid", every_order()[::5])
@pytest.mark.parametrize("plane", PLANES)
def test_every_pixel_is_the_stored_voxel_the_index_names(grid: Grid, plane: Plane) -> None:
    values = np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(np.int16)
    frame = PlaneFrame(grid, plane)
    for index in range(frame.count):
        picture = frame.slice_of(values, index)
        assert picture.shape == (frame.rows, frame.columns)
        for row in range(frame.rows):
            for column in range(frame.columns):
                z, y, x = (int(v) for v in frame.to_case(index, row, column))
                assert picture[row, column] == values[z, y, x]


def test_oblique_letters_are_combined_and_picked_by_the_nearest_axis() -> None:
    turn = Rotation.from_euler("z", 25, degrees=True).as_matrix()
    rows = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]) @ turn.T
    left, top, right, bottom = PlaneFrame(Grid(SHAPE, SPACING, ORIGIN, as_direction(rows)), "axial").edge_letters
    assert (left, top, right, bottom) == ("RA", "AL", "LP", "PR")


def test_a_tilt_below_five_degrees_shows_one_letter() -> None:
    turn = Rotation.from_euler("x", 3, degrees=True).as_matrix()
    rows = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]) @ turn.T
    assert PlaneFrame(Grid(SHAPE, SPACING, ORIGIN, as_direction(rows)), "coronal").edge_letters == ("R", "H", "L", "F")


@given(
    order=st.integers(0, 47),
    plane=st.sampled_from(PLANES),
    point=st.tuples(*[st.floats(-20, 20, allow_nan=False)] * 3),
)
def test_the_way_to_the_screen_and_back_is_exact(order: int, plane: Plane, point: tuple[float, float, float]) -> None:
    frame = PlaneFrame(every_order()[order], plane)
    np.testing.assert_allclose(frame.to_case(*frame.from_case(point)), point, atol=1e-9)


@pytest.mark.parametrize("grid", every_order()[::7])
@pytest.mark.parametrize("plane", PLANES)
def test_a_box_covers_exactly_its_voxels_on_exactly_its_slices(grid: Grid, plane: Plane) -> None:
    box = Box((1, 2, 3), (3, 6, 5))
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[box.slices] = 1
    frame = PlaneFrame(grid, plane)
    slices, patch = frame.patch_of(box)
    for index in range(frame.count):
        picture = np.zeros((frame.rows, frame.columns), dtype=np.uint8)
        if index in slices:
            picture[patch.slices] = 1
        np.testing.assert_array_equal(picture, frame.slice_of(mask, index))


def test_a_box_outside_the_volume_touches_nothing() -> None:
    slices, patch = PlaneFrame(Grid(SHAPE, SPACING), "axial").patch_of(Box((9, 9, 9), (12, 12, 12)))
    assert len(slices) == 0
    assert patch.empty


def test_the_wheel_goes_to_the_head_the_front_and_the_right() -> None:
    grid = Grid(SHAPE, SPACING, ORIGIN)
    ways = {"axial": (0, 0, 1), "coronal": (0, -1, 0), "sagittal": (-1, 0, 0)}
    for plane in PLANES:
        frame = PlaneFrame(grid, plane)
        step = grid.to_lps(frame.to_case(2 + frame.upward, 1, 1)) - grid.to_lps(frame.to_case(2, 1, 1))
        np.testing.assert_allclose(step / np.linalg.norm(step), ways[plane], atol=1e-12)


def test_the_position_of_a_slice_is_its_distance_along_the_normal() -> None:
    frame = PlaneFrame(Grid(SHAPE, SPACING, ORIGIN), "axial")
    assert frame.position(2) == ("H", pytest.approx(145.0))
    letter, mm = PlaneFrame(Grid(SHAPE, SPACING, ORIGIN), "sagittal").position(0)
    assert (letter, mm) == ("R", pytest.approx(30.0))


def test_patches_unite_like_sets() -> None:
    a, nothing = Patch(1, 3, 2, 5), Patch(0, 0, 0, 0)
    assert a.union(Patch(2, 6, 0, 3)) == Patch(1, 6, 0, 5)
    assert a.union(nothing) == a
    assert nothing.union(a) == a
