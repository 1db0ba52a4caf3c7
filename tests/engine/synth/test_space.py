"""Frames and fields: points come back, noise has the promised size, distances are distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.grid import Grid
from engine.synth.space import (
    NoiseField,
    Points,
    Pose,
    body_to_index,
    coverage,
    ellipse,
    ellipsoid,
    over,
    slice_points,
    smooth_max,
    smooth_min,
    window_of,
)

_TILT = np.deg2rad(14)
OBLIQUE = Grid(
    (5, 7, 9),
    (3.0, 0.8, 1.1),
    (10.0, -40.0, 220.0),
    (
        (0.0, -float(np.sin(_TILT)), float(np.cos(_TILT))),
        (0.0, float(np.cos(_TILT)), float(np.sin(_TILT))),
        (1.0, 0.0, 0.0),
    ),
)
POSE = Pose((4.0, -8.0, 190.0), yaw_deg=6.0, roll_deg=-3.0, pitch_deg=2.0)


def test_points_of_a_slice_are_the_body_points_of_its_voxels():
    p = slice_points(OBLIQUE, POSE, 3)
    index = np.stack(np.meshgrid([3], np.arange(7), np.arange(9), indexing="ij"), axis=-1).astype(float)
    expected = POSE.to_body(OBLIQUE.to_lps(index))[0]
    for axis, values in enumerate((p.x, p.y, p.z)):
        np.testing.assert_allclose(np.broadcast_to(values, (7, 9)), expected[..., axis], atol=1e-3)


def test_body_points_come_back_from_index_space():
    points = np.array([[12.0, -30.0, 55.0], [-80.0, 20.0, 100.0]])
    index = body_to_index(OBLIQUE, POSE, points)
    np.testing.assert_allclose(POSE.to_body(OBLIQUE.to_lps(index)), points, atol=1e-9)


@given(st.floats(-70, 70), st.floats(-70, 70), st.floats(3, 60))
def test_a_window_holds_every_voxel_of_a_ball(x, y, radius):
    grid = Grid((1, 130, 91), (2.5, 0.9, 1.4), (-63.0, -58.0, 0.0))
    p = slice_points(grid, Pose(yaw_deg=4.0), 0)

    def ball(points):
        zero = np.zeros_like(points.z)
        return ellipsoid(points.x - np.float32(x), points.y - np.float32(y), zero, (radius, radius, radius))

    inside = ball(p) < 0
    found = window_of(ball, p, (130, 91), (0.9, 1.4))
    if found is None:
        assert not inside.any()
        return
    assert inside[found].sum() == inside.sum()
    np.testing.assert_array_equal(p.cut(found).x, p.x[found])


def test_a_window_leaves_out_what_is_far_away():
    grid = Grid((1, 300, 400), (2.5, 0.7, 0.7), (-140.0, -105.0, 0.0))
    p = slice_points(grid, Pose(), 0)
    assert window_of(lambda q: np.maximum(np.abs(q.x - 400), np.abs(q.y)) - 20, p, (300, 400), (0.7, 0.7)) is None
    rows, columns = window_of(lambda q: np.maximum(np.abs(q.x), np.abs(q.y)) - 20, p, (300, 400), (0.7, 0.7))
    assert rows.stop - rows.start < 130
    assert columns.stop - columns.start < 130


def test_a_pose_is_a_rotation():
    np.testing.assert_allclose(POSE.rotation @ POSE.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(POSE.rotation) == pytest.approx(1.0)


def test_a_straight_pose_leaves_x_to_the_left():
    np.testing.assert_array_equal(Pose().to_body(np.array([30.0, -5.0, 7.0])), [30.0, -5.0, 7.0])


def test_noise_has_mean_zero_and_standard_deviation_one():
    field = NoiseField(np.random.default_rng(3), (40, 60, 70), (3.0, 1.2, 0.9), 6.0)
    values = np.stack([field.slice(k) for k in range(40)])
    assert abs(float(values.mean())) < 0.1
    assert float(values.std()) == pytest.approx(1.0, abs=0.12)


def test_noise_is_smooth_over_its_period():
    field = NoiseField(np.random.default_rng(3), (4, 80, 80), (2.0, 1.0, 1.0), 12.0)
    plane = field.slice(1.0)
    assert np.abs(np.diff(plane, axis=0)).max() < 0.6


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-30, 30))
def test_an_ellipsoid_is_negative_exactly_inside(x, y, z):
    radii = (11.0, 7.0, 19.0)
    share = (x / 11) ** 2 + (y / 7) ** 2 + (z / 19) ** 2
    if abs(share - 1) < 1e-3:
        return
    distance = ellipsoid(*(np.float32([v]) for v in (x, y, z)), radii)
    assert (distance[0] < 0) == (share < 1)


def test_a_ball_gives_the_exact_distance_near_its_surface():
    r = np.float32([8.0, 9.0, 10.0, 11.0, 13.0])
    zero = np.zeros_like(r)
    np.testing.assert_allclose(ellipsoid(r, zero, zero, (10.0, 10.0, 10.0)), r - 10, atol=1e-3)
    np.testing.assert_allclose(ellipse(r, zero, 10.0, 10.0), r - 10, atol=1e-3)


def test_coverage_is_half_on_the_surface_and_full_inside():
    np.testing.assert_allclose(coverage(np.float32([-2, -0.5, 0, 0.5, 2]), 1.0), [1, 1, 0.5, 0, 0])


def test_over_blends_in_place():
    hu = np.float32([-1000.0, -1000.0, 40.0])
    over(hu, np.float32(60), np.float32([0, 0.5, 1]))
    np.testing.assert_allclose(hu, [-1000, -470, 60])


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_smooth_extremes_meet_the_sharp_ones_away_from_the_crease(a, b):
    x, y = np.float32([a]), np.float32([b])
    assert smooth_max(x, y, 4.0)[0] >= max(x[0], y[0]) - 1e-5
    assert smooth_min(x, y, 4.0)[0] <= min(x[0], y[0]) + 1e-5
    if abs(x[0] - y[0]) > 4.01:
        assert smooth_max(x, y, 4.0)[0] == max(x[0], y[0])


def test_points_of_an_array_keep_their_columns():
    p = Points.of(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert p.x.tolist() == [1.0, 4.0]
    assert p.z.tolist() == [3.0, 6.0]
