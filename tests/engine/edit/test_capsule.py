"""The rows of a capsule against the distance of every voxel centre from the segment, in millimetres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.edit.capsule import capsule_box, capsule_mask
from engine.geometry.box import Box

SPACING = (2.5, 0.8, 1.1)


def distances(box: Box, start, end, spacing) -> np.ndarray:
    """mm from every voxel centre of `box` to the segment, voxel by voxel."""
    p, q = np.array(start) * spacing, np.array(end) * spacing
    out = np.empty(box.shape)
    for index in np.ndindex(box.shape):
        v = (np.array(box.start_zyx) + index) * spacing
        along = np.dot(v - p, q - p) / max(np.dot(q - p, q - p), 1e-30)
        out[index] = np.linalg.norm(v - p - min(1.0, max(0.0, along)) * (q - p))
    return out


places = st.tuples(st.floats(-1, 9), st.floats(-2, 16), st.floats(-2, 16))
spacings = st.tuples(st.floats(0.4, 6), st.floats(0.3, 2), st.floats(0.3, 2))


@given(start=places, end=places, radius=st.floats(0.1, 9), spacing=spacings)
@example(start=(3, 5, 5), end=(3, 5, 11), radius=3.0, spacing=SPACING)  # along the rows
@example(start=(3, 5, 11), end=(3, 5, 5), radius=3.0, spacing=SPACING)
@example(start=(3, 5, 5), end=(6, 9, 5), radius=3.0, spacing=SPACING)  # across the rows
@example(start=(3, 5, 5), end=(3, 5, 5), radius=3.0, spacing=SPACING)
@example(start=(3, 5, 5), end=(3, 5 + 1e-9, 12), radius=3.0, spacing=SPACING)
def test_a_voxel_belongs_to_the_capsule_when_its_centre_is_within_the_radius(start, end, radius, spacing):
    box = capsule_box(start, end, radius, spacing)
    mask = capsule_mask(box, start, end, radius, spacing)
    away = distances(box, start, end, spacing)
    border = 1e-4
    assert mask[away < radius - border].all()
    # What lies outside can only be the line of nearest voxels of a brush thinner than a voxel.
    outside = mask & (away > radius + border)
    assert radius < np.linalg.norm(spacing) / 2 or not outside.any()
    assert (away[outside] <= np.linalg.norm(spacing) / 2 + border).all()


@given(start=places, end=places, radius=st.floats(0.1, 9), spacing=spacings)
def test_the_box_holds_the_whole_capsule(start, end, radius, spacing):
    box = capsule_box(start, end, radius, spacing)
    wide = box.padded(2)
    inside = np.zeros(wide.shape, bool)
    inside[2:-2, 2:-2, 2:-2] = True
    assert not capsule_mask(wide, start, end, radius, spacing)[~inside].any()


@given(start=places, end=places, radius=st.floats(0.01, 3))
def test_the_voxels_under_the_line_are_always_in_and_touch_each_other(start, end, radius):
    from scipy import ndimage

    box = capsule_box(start, end, radius, SPACING)
    mask = capsule_mask(box, start, end, radius, SPACING)
    for point in (start, end):
        nearest = np.floor(np.array(point) + 0.5).astype(int) - box.start_zyx
        assert mask[tuple(nearest)]
    assert ndimage.label(mask, np.ones((3, 3, 3)))[1] == 1


def test_a_ball_of_20_mm_has_the_volume_of_a_ball():
    spacing = (1.0, 0.7, 0.7)
    at = (40.0, 50.0, 60.0)
    mask = capsule_mask(capsule_box(at, at, 20, spacing), at, at, 20, spacing)
    assert mask.sum() * 0.49 == pytest.approx(4 / 3 * np.pi * 20**3, rel=0.005)


@pytest.mark.parametrize("across", [0, 1, 2])
def test_a_disc_is_one_voxel_thick_and_round_in_the_two_other_axes(across):
    at = (5.0, 30.0, 30.0)
    box = capsule_box(at, at, 6.0, SPACING, across=across)
    assert box.shape[across] == 1
    mask = capsule_mask(box, at, at, 6.0, SPACING)
    area = np.prod([s for axis, s in enumerate(SPACING) if axis != across])
    assert mask.sum() * area == pytest.approx(np.pi * 36, rel=0.06)
    for axis in {0, 1, 2} - {across}:
        widest = mask.any(axis=tuple({0, 1, 2} - {axis})).sum()
        assert widest == 2 * int(6.0 / SPACING[axis]) + 1
