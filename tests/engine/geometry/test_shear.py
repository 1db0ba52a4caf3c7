"""Gantry tilt undone: every point of the patient stays where it was."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import Cancelled, GeometryError
from engine.core.progress import CancelToken
from engine.geometry.shear import unshear, unshear_labels
from tests.support.grids import oblique_grid, smooth_volume, turned


def tilted_steps(degrees: float, spacing=(2.5, 0.8, 1.1)) -> np.ndarray:
    """Axial rows whose next slice lies above, but moved along y by the tilt."""
    return np.array([[0, spacing[0] * np.tan(np.radians(degrees)), spacing[0]], [0, spacing[1], 0], [spacing[2], 0, 0]])


@pytest.mark.parametrize("degrees", [5.0, -5.0, 20.0])
def test_unshear_puts_every_point_where_it_was_in_the_patient(degrees):
    steps, origin = tilted_steps(degrees), np.array([-20.0, 35.0, 110.0])
    shape = (12, 20, 9)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    ramp = lambda points: points @ np.array([4.0, 9.0, -3.0])
    hu = np.rint(ramp(index @ steps + origin)).astype(np.int16)
    corrected, grid = unshear(hu, steps, origin)
    assert grid.spacing_zyx_mm == pytest.approx((2.5, 0.8, 1.1))
    assert grid.shape_zyx[0] == 12
    points = grid.to_lps(np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape_zyx], indexing="ij"), axis=-1))
    source = (points - origin) @ np.linalg.inv(steps)
    inside = ((source >= -1e-6) & (source <= np.array(shape) - 1 + 1e-6)).all(axis=-1)
    assert inside.sum() >= 0.95 * 12 * 19 * 9
    assert np.abs(corrected - ramp(points))[inside].max() <= 1.01
    outside = ((source < -0.51) | (source > np.array(shape) - 0.49)).any(axis=-1)
    assert outside.any()
    assert (corrected[outside] == -1024).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_unshear_loses_no_corner_and_keeps_the_handedness(axis):
    steps = tilted_steps(12) @ turned((9, 3, -7)).T
    steps[axis] *= -1
    hu = np.full((7, 10, 8), 55, np.int16)
    corrected, grid = unshear(hu, steps, np.array([3.0, -9.0, 40.0]))
    corners = np.array([[z, y, x] for z in (0, 6) for y in (0, 9) for x in (0, 7)])
    at = grid.to_index(corners @ steps + np.array([3.0, -9.0, 40.0]))
    assert (at > -0.5).all()
    assert (at < np.array(grid.shape_zyx) - 0.5).all()
    assert np.sign(np.linalg.det(grid.steps_lps)) == np.sign(np.linalg.det(steps))
    volume = (corrected == 55).sum() * grid.voxel_ml
    assert volume == pytest.approx(hu.size * abs(np.linalg.det(steps)) / 1000, rel=0.2)


def test_unshear_of_right_angles_changes_nothing():
    grid = oblique_grid()
    hu = smooth_volume(grid.shape_zyx)
    again, same = unshear(hu, grid.steps_lps, np.array(grid.origin_lps))
    assert same.matches(grid, 1e-9)
    np.testing.assert_array_equal(again, hu)


def test_unshear_refuses_axes_in_one_plane():
    flat = np.array([[0.0, 1, 0], [0, 2, 0], [1, 0, 0]])
    with pytest.raises(GeometryError, match="one plane"):
        unshear(np.zeros((2, 2, 2), np.int16), flat, np.zeros(3))


def test_labels_land_on_the_same_grid_as_the_volume():
    steps, origin = tilted_steps(15), np.array([5.0, 6.0, 7.0])
    labels = np.random.default_rng(2).integers(0, 4, (6, 9, 7)).astype(np.uint8)
    moved, grid = unshear_labels(labels, steps, origin)
    assert grid == unshear(labels.astype(np.int16), steps, origin)[1]
    for index in np.ndindex(moved.shape):
        source = (grid.to_lps(index) - origin) @ np.linalg.inv(steps)
        whole = np.floor(source + 0.5).astype(int)
        if (np.abs(source - whole) < 0.49).all():
            inside = (whole >= 0).all() and (whole < labels.shape).all()
            assert moved[index] == (labels[tuple(whole)] if inside else 0)


def test_general_shear_keeps_a_ramp_too():
    steps = np.array([[0.3, 0.5, 2.0], [0.2, 0.9, 0.1], [1.1, 0.0, 0.05]])
    index = np.stack(np.meshgrid(*[np.arange(n) for n in (8, 12, 10)], indexing="ij"), axis=-1)
    ramp = lambda points: points @ np.array([7.0, -5.0, 6.0])
    corrected, grid = unshear(np.rint(ramp(index @ steps)).astype(np.int16), steps, np.zeros(3))
    points = grid.to_lps(np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape_zyx], indexing="ij"), axis=-1))
    source = points @ np.linalg.inv(steps)
    inside = ((source >= 0) & (source <= np.array([7, 11, 9]))).all(axis=-1)
    assert inside.sum() > 200
    assert np.abs(corrected - ramp(points))[inside].max() <= 1.01


def test_unshear_stops_when_told():
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        unshear(np.zeros((4, 4, 4), np.int16), tilted_steps(9), np.zeros(3), cancel=cancel)


@pytest.mark.parametrize("steps", [tilted_steps(13), np.array([[0.3, 0.5, 2.0], [0.2, 0.9, 0.1], [1.1, 0.0, 0.05]])])
def test_padding_is_never_mixed_into_tissue(steps):
    hu = np.full((9, 24, 20), 60, np.int16)
    z, y, x = np.ogrid[:9, :24, :20]
    hu[(((y - 12) / 10) ** 2 + ((x - 10) / 8) ** 2 > 1) & (z >= 0)] = -1024
    corrected, grid = unshear(hu, steps, np.zeros(3))
    assert set(np.unique(corrected)) == {-1024, 60}
    volume = (corrected == 60).sum() * grid.voxel_ml
    assert volume == pytest.approx((hu == 60).sum() * abs(np.linalg.det(steps)) / 1000, rel=0.05)
