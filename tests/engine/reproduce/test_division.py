"""Divided slice by slice: nothing twice, nothing lost, patients on both sides."""

import numpy as np
import pytest

from engine.reproduce.division import by_slice, slices_of
from tests.support.training import readers, tiny_sample


def _heights(parts):
    """Return each case's voxel planes as bytes, to be compared."""
    return [plane.tobytes() for read in parts for plane in read().hu]


@pytest.mark.parametrize("block", [1, 5])
def test_every_slice_lies_on_one_side(block):
    train, kept = by_slice(readers(4), 0.3, block, seed=0)
    left, right = _heights(train), _heights(kept)
    assert len(left) + len(right) == 4 * 20
    assert not set(left) & set(right)
    assert {plane for read in readers(4) for plane in _heights([read])} == set(left) | set(right)
    assert 0.1 < len(right) / 80 < 0.5


def test_blocks_are_neighbours():
    _, kept = by_slice(readers(4), 0.3, 5, seed=0)
    for read in kept:
        assert read().hu.shape[0] == 5


def test_slices_keep_their_labels():
    sample = tiny_sample()
    part = slices_of(lambda: sample, np.array([3, 9]))
    assert np.array_equal(part.hu, sample.hu[[3, 9]])
    assert np.array_equal(part.labels, sample.labels[[3, 9]])
    assert part.annotated == sample.annotated
