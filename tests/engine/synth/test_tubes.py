"""Stamped tubes fill the volume that a cylinder has, at the place where it lies."""

import numpy as np
import pytest

from engine.synth.tubes import Tubes, along, curve, stamp

SPACING = (2.0, 0.9, 1.3)


def _cylinder(radius):
    line = np.array([[4.0, 20.0, 22.0], [28.0, 26.0, 20.0]])  # z, y, x in mm
    tube = along(line, np.full(2, radius))
    return Tubes(tube.points / SPACING, tube.radii_mm), np.linalg.norm(line[1] - line[0])


def test_a_tube_has_the_volume_of_its_cylinder():
    tubes, length = _cylinder(5.0)
    canvas = np.zeros((18, 60, 40), np.float32)
    stamp(canvas, tubes, SPACING, 0)
    expected = np.pi * 25 * length + 4 / 3 * np.pi * 125
    assert float(canvas.sum()) * np.prod(SPACING) == pytest.approx(expected, rel=0.06)


def test_slabs_give_what_the_whole_gives():
    tubes, _ = _cylinder(3.0)
    whole = np.zeros((18, 60, 40), np.float32)
    stamp(whole, tubes, SPACING, 0)
    for first in (0, 5, 13):
        part = np.zeros((5, 60, 40), np.float32)
        stamp(part, tubes, SPACING, first)
        np.testing.assert_array_equal(part, whole[first : first + 5])


def test_tubes_outside_leave_no_mark_and_do_not_wrap_round():
    canvas = np.zeros((4, 10, 12), np.float32)
    stamp(canvas, Tubes(np.array([[2.0, 5.0, 14.0], [2.0, -9.0, 5.0], [40.0, 5.0, 5.0]]), np.full(3, 2.0)), SPACING, 0)
    assert canvas[:, :, 0].max() == 0
    assert canvas[:, 0].max() == 0


def test_a_vessel_thinner_than_a_voxel_is_faint_but_there():
    tubes, _ = _cylinder(0.3)
    canvas = np.zeros((18, 60, 40), np.float32)
    stamp(canvas, tubes, SPACING, 0)
    assert 0.02 < canvas.max() < 0.6


def test_a_line_is_sampled_without_gaps():
    tube = along(np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 40.0]]), np.array([2.0, 1.0]))
    assert np.linalg.norm(np.diff(tube.points, axis=0), axis=1).max() <= 0.42
    assert tube.radii_mm[0] == 2.0
    assert tube.radii_mm[-1] == 1.0


def test_a_curve_goes_through_its_ends():
    points = np.array([[0.0, 0.0, 0.0], [10.0, 5.0, 0.0], [20.0, 0.0, 5.0]])
    tube = curve(points, np.array([3.0, 2.0, 1.0]))
    np.testing.assert_allclose(tube.points[[0, -1]], points[[0, -1]], atol=1e-9)


def test_joining_and_widening_keep_every_sample():
    a = along(np.array([[0.0, 0, 0], [4.0, 0, 0]]), np.full(2, 1.0))
    both = Tubes.join([a, a.wider(0.5)])
    assert len(both.points) == 2 * len(a.points)
    assert both.radii_mm.max() == 1.5
    assert len(a.wider(-1.0).points) == 0
    assert len(Tubes.join([]).points) == 0
