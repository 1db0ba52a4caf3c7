"""Boxes against sets of voxels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.box import Box

ROOM = (7, 8, 9)
corners = st.tuples(st.integers(0, 7), st.integers(0, 8), st.integers(0, 9))


@st.composite
def boxes(draw) -> Box:
    a, b = draw(corners), draw(corners)
    return Box(tuple(map(min, zip(a, b, strict=True))), tuple(map(max, zip(a, b, strict=True))))


def voxels(*many: Box) -> np.ndarray:
    count = np.zeros(ROOM, int)
    for box in many:
        count[box.slices] += 1
    return count


@given(box=boxes())
def test_shape_size_and_slices_agree(box):
    inside = np.ones(ROOM, bool)[box.slices]
    assert inside.shape == box.shape
    assert inside.size == box.size
    assert box.empty == (box.size == 0)
    assert voxels(box).sum() == box.size


@given(a=boxes(), b=boxes())
def test_intersection_is_what_both_hold(a, b):
    both = a.intersection(b)
    assert ((voxels(a) & voxels(b)) == (voxels(both) if not both.empty else 0)).all()


@given(a=boxes(), b=boxes())
def test_union_is_the_smallest_that_holds_both(a, b):
    held = (voxels(a) | voxels(b)).astype(bool)
    union = a.union(b)
    if not held.any():
        assert union.empty
    else:
        assert union == Box.of_mask(held)


@given(a=boxes(), b=boxes())
def test_the_rest_holds_every_other_voxel_once(a, b):
    rest = a.without(b)
    assert len(rest) <= 6
    assert not any(part.empty for part in rest)
    assert (voxels(*rest) == voxels(a) * (1 - voxels(b))).all()


@given(mask=st.lists(corners, max_size=5))
def test_the_box_of_a_mask_is_tight(mask):
    array = np.zeros((8, 9, 10), bool)
    for at in mask:
        array[at] = True
    box = Box.of_mask(array)
    if not mask:
        assert box is None
    else:
        assert box.start_zyx == tuple(np.min(mask, axis=0))
        assert box.stop_zyx == tuple(np.max(mask, axis=0) + 1)


@given(box=boxes(), by=st.integers(-3, 3))
def test_padding_and_clipping(box, by):
    padded = box.padded(by)
    assert padded.start_zyx == tuple(a - by for a in box.start_zyx)
    assert padded.stop_zyx == tuple(b + by for b in box.stop_zyx)
    clipped = padded.clipped(ROOM)
    inside = np.zeros(tuple(n + 8 for n in ROOM), int)
    if not padded.empty:
        inside[tuple(slice(s.start + 4, s.stop + 4) for s in padded.slices)] = 1
    assert (voxels(clipped) == inside[4:-4, 4:-4, 4:-4]).all()
    assert box.padded((1, 2, 3)).shape == tuple(n + d for n, d in zip(box.shape, (2, 4, 6), strict=True))


@given(box=boxes(), at=corners)
def test_a_voxel_is_inside_or_not(box, at):
    held = np.zeros((8, 9, 10), bool)
    held[box.slices] = True
    assert box.contains(at) == held[at]


def test_the_whole_of_an_array():
    assert Box.whole(ROOM).shape == ROOM
    assert Box.whole(ROOM).clipped((3, 3, 3)) == Box.whole((3, 3, 3))


@pytest.mark.parametrize("start", [(9, 0, 0), (0, 0, 12), (-5, -5, -5)])
def test_a_box_beside_the_array_is_clipped_to_nothing(start):
    box = Box(start, tuple(a + 3 for a in start))
    assert box.clipped(ROOM).empty
    assert Box((5, 5, 5), (2, 2, 2)).shape == (0, 0, 0)
