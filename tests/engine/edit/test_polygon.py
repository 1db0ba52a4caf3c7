"""Hand-drawn lines against a winding test of every voxel centre."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.edit.polygon import polygon

SHAPE = (9, 14, 17)


def inside_slowly(points, row, column) -> bool:
    odd = False
    for (r1, c1), (r2, c2) in zip(points, points[1:] + points[:1], strict=True):
        if (r1 <= row) != (r2 <= row) and c1 + (row - r1) * (c2 - c1) / (r2 - r1) <= column:
            odd = not odd
    return odd


coordinate = st.floats(-4, 20).map(lambda v: round(v, 3) + 0.00037)


@given(points=st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8), axis=st.sampled_from([0, 1, 2]))
def test_voxels_inside_the_line_are_taken(points, axis):
    corners = [tuple(np.insert(np.array(p), axis, 4.2)) for p in points]
    rows, columns = (n for a, n in enumerate(SHAPE) if a != axis)
    truth = np.array([[inside_slowly(points, r, c) for c in range(columns)] for r in range(rows)])
    region = polygon(corners, axis, SHAPE)
    assume(region is not None or not truth.any())
    if region is None:
        return
    found = np.zeros(SHAPE, bool)
    found[region.box.slices] = region.mask
    assert (np.moveaxis(found, axis, 0)[4] == truth).all()
    assert found.sum() == truth.sum()


def test_a_region_is_found_whenever_a_voxel_is_inside():
    square = [(3, 2.5, 2.5), (3, 2.5, 6.5), (3, 5.5, 6.5), (3, 5.5, 2.5)]
    region = polygon(square, 0, SHAPE)
    assert region.mask.sum() == 3 * 4
    assert region.box.start_zyx[0] == 3


@pytest.mark.parametrize(
    "points",
    [
        [(3, 2, 2), (3, 5, 5)],
        [(9, 2, 2), (9, 2, 9), (9, 9, 9)],
        [(-1, 2, 2), (-1, 2, 9), (-1, 9, 9)],
        [(3, 30, 2), (3, 40, 9), (3, 30, 9)],
        [(3, 2.2, 2.2), (3, 2.4, 2.2), (3, 2.3, 2.4)],
    ],
)
def test_a_line_around_no_voxel_is_nothing(points):
    assert polygon(points, 0, SHAPE) is None
