"""Grid mathematics against ITK, on anisotropic, oblique and flipped grids that are never cubes."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import GeometryError
from engine.geometry.box import Box
from engine.geometry.grid import AXIAL, Grid
from engine.geometry.points import as_direction
from tests.support.grids import itk_image, oblique_grid, turned

spans = st.floats(0.3, 6)
angles = st.floats(-180, 180)


@st.composite
def grids(draw) -> Grid:
    shape = tuple(draw(st.integers(1, 9)) for _ in range(3))
    spacing = tuple(draw(spans) for _ in range(3))
    origin = tuple(draw(st.floats(-500, 500)) for _ in range(3))
    rows = turned(tuple(draw(angles) for _ in range(3)))
    order = draw(st.permutations(range(3)))
    signs = np.array([draw(st.sampled_from([-1, 1])) for _ in range(3)])
    return Grid(shape, spacing, origin, as_direction(rows[list(order)] * signs[:, None]))


def itk_of(grid: Grid):
    return itk_image(np.zeros(grid.shape_zyx, np.uint8), grid)


@given(grid=grids(), index=st.tuples(*[st.floats(-20, 20)] * 3))
def test_points_are_where_itk_puts_them(grid, index):
    truth = itk_of(grid).TransformContinuousIndexToPhysicalPoint(index[::-1])
    assert grid.to_lps(index) == pytest.approx(truth, abs=1e-6)
    assert grid.to_index(truth) == pytest.approx(index, abs=1e-6)


def test_whole_voxels_are_where_itk_puts_them():
    grid = oblique_grid()
    image = itk_of(grid)
    for index in np.ndindex(grid.shape_zyx):
        truth = image.TransformIndexToPhysicalPoint(tuple(int(i) for i in index[::-1]))
        assert grid.to_lps(index) == pytest.approx(truth, abs=1e-9)


def test_many_points_at_once_are_the_same_as_one_by_one():
    grid = oblique_grid()
    index = np.random.default_rng(0).uniform(-3, 12, (4, 5, 3))
    points = grid.to_lps(index)
    assert points.shape == (4, 5, 3)
    for at in np.ndindex(4, 5):
        assert points[at] == pytest.approx(grid.to_lps(index[at]))
    assert grid.to_index(points) == pytest.approx(index)


@given(grid=grids())
def test_steps_size_and_centre_fit_together(grid):
    steps = grid.steps_lps
    assert np.linalg.norm(steps, axis=1) == pytest.approx(grid.spacing_zyx_mm, rel=1e-9)
    assert abs(np.linalg.det(steps)) / 1000 == pytest.approx(grid.voxel_ml, rel=1e-9)
    assert grid.size_mm == pytest.approx(np.array(grid.shape_zyx) * grid.spacing_zyx_mm)
    corners = np.array(list(product(*[(-0.5, n - 0.5) for n in grid.shape_zyx])))
    assert grid.centre_lps == pytest.approx(grid.to_lps(corners).mean(axis=0), abs=1e-6)


@given(grid=grids(), index=st.tuples(*[st.floats(-2, 10)] * 3))
def test_the_voxel_at_a_point_is_the_nearest_or_none(grid, index):
    found = grid.voxel_at(grid.to_lps(index))
    off = np.array(index) - np.floor(np.array(index))
    if (np.abs(off - 0.5) < 1e-6).any():
        return  # on a border between two cells rounding decides
    nearest = tuple(round(i) for i in index)
    assert found == (nearest if Box.whole(grid.shape_zyx).contains(nearest) else None)


@given(grid=grids(), start=st.tuples(*[st.integers(-4, 6)] * 3), size=st.tuples(*[st.integers(1, 6)] * 3))
def test_a_crop_leaves_every_voxel_at_its_place(grid, start, size):
    box = Box(start, tuple(a + n for a, n in zip(start, size, strict=True)))
    crop = grid.crop(box)
    assert crop.shape_zyx == size
    index = np.array([0.3, 1.0, -0.2])
    assert crop.to_lps(index) == pytest.approx(grid.to_lps(index + start), abs=1e-6)


@given(grid=grids(), spacing=st.tuples(spans, spans, spans))
def test_another_spacing_covers_the_same_space(grid, spacing):
    other = grid.resized(spacing)
    assert other.spacing_zyx_mm == pytest.approx(spacing)
    for old, new, step in zip(grid.size_mm, other.size_mm, spacing, strict=True):
        assert old - 1e-3 <= new < old + step + 1e-3
    outer = -0.5 * np.ones(3)
    assert other.to_lps(outer) == pytest.approx(grid.to_lps(outer), abs=1e-6)
    assert other.direction == grid.direction


def test_a_spacing_that_divides_evenly_gives_no_extra_voxel():
    assert Grid((10, 20, 30), (3.0, 0.7, 0.7)).resized((1.5, 1.4, 2.1)).shape_zyx == (20, 10, 10)
    assert Grid((1, 2, 3), (1.0, 1.0, 1.0)).resized((50.0, 50.0, 50.0)).shape_zyx == (1, 1, 1)


def test_a_spacing_of_zero_leaves_an_axis_as_it_is():
    grid = Grid((7, 20, 30), (5.0, 0.8, 0.7), (-10.0, 20.0, 5.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))
    wider = grid.resized((0.0, 1.6, 1.4))
    assert wider.shape_zyx == (7, 10, 15)
    assert wider.spacing_zyx_mm == (5.0, 1.6, 1.4)
    assert np.allclose(wider.to_lps((3, 0, 0)) - grid.to_lps((3, 0, 0)), (0.35, 0.4, 0.0))


def test_two_grids_match_if_every_voxel_is_at_the_same_place():
    grid = oblique_grid()
    moved = Grid(grid.shape_zyx, grid.spacing_zyx_mm, (-30.0005, 12.5, 201.0), grid.direction)
    assert grid.matches(moved)
    assert not grid.matches(moved, tol_mm=1e-4)
    assert not grid.matches(Grid((9, 14, 12), grid.spacing_zyx_mm, grid.origin_lps, grid.direction))
    # A tenth of a degree moves the far corner by more than the tolerance, and nothing at the origin.
    tilted = oblique_grid(degrees=(8, -5, 11.1))
    assert tilted.to_lps((0, 0, 0)) == pytest.approx(grid.to_lps((0, 0, 0)))
    assert not grid.matches(tilted)
    assert not grid.matches(Grid(grid.shape_zyx, (2.5, 0.8, 1.101), grid.origin_lps, grid.direction))


def test_the_default_is_an_axial_scan():
    grid = Grid((3, 4, 5))
    assert grid.direction == AXIAL
    assert grid.to_lps((1, 2, 3)) == pytest.approx((3, 2, 1))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"shape_zyx": (3, 4)}, "not a volume"),
        ({"shape_zyx": (3, 0, 4)}, "not a volume"),
        ({"spacing_zyx_mm": (1, 1)}, "spacing"),
        ({"spacing_zyx_mm": (1, 1, 0)}, "spacing"),
        ({"spacing_zyx_mm": (1, -1, 1)}, "spacing"),
        ({"spacing_zyx_mm": (1, np.nan, 1)}, "spacing"),
        ({"spacing_zyx_mm": (1, np.inf, 1)}, "spacing"),
        ({"origin_lps": (1, 2)}, "origin"),
        ({"origin_lps": (1, 2, np.nan)}, "origin"),
        ({"direction": ((1, 0, 0), (0, 1, 0))}, "right angles"),
        ({"direction": ((1, 0, 0), (0, 1, 0), (0, 0, 0))}, "right angles"),
        ({"direction": ((1, 0, 0), (0.01, 1, 0), (0, 0, 1))}, "right angles"),
        ({"direction": ((np.nan, 0, 0), (0, 1, 0), (0, 0, 1))}, "right angles"),
    ],
)
def test_nonsense_is_refused_with_what_was_found(fields, words):
    with pytest.raises(GeometryError, match=words) as caught:
        Grid(**{"shape_zyx": (3, 4, 5), **fields})
    assert caught.value.why


def test_numbers_of_any_library_become_plain_ones():
    grid = Grid(np.array([3, 4, 5]), np.array([1.0, 2, 3], np.float32), np.zeros(3), np.eye(3))
    assert type(grid.shape_zyx[0]) is int
    assert type(grid.spacing_zyx_mm[0]) is float
    assert grid == Grid((3, 4, 5), (1, 2, 3), (0, 0, 0), tuple(map(tuple, np.eye(3))))
    assert hash(grid) == hash(Grid((3, 4, 5), (1, 2, 3), (0, 0, 0), tuple(map(tuple, np.eye(3)))))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_directions_are_rows_per_array_axis(order):
    rows = np.eye(3)[list(order)]
    grid = Grid((4, 5, 6), (2.0, 3.0, 4.0), (0, 0, 0), as_direction(rows))
    for axis in range(3):
        one = np.eye(3)[axis]
        assert grid.to_lps(one) == pytest.approx(grid.spacing_zyx_mm[axis] * rows[axis])
