"""Lesions counted slab by slab against scipy's labelling of the whole volume."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from engine.case.lesions import Lesions


def put(lesions: Lesions, volume: np.ndarray, slabs) -> None:
    for k in slabs:
        flat = volume[k].reshape(-1)
        at = np.flatnonzero(flat).astype(np.int32)
        lesions.set_slab(k, at, flat[at])


def truth(volume: np.ndarray, label: int) -> tuple[int, int]:
    parts, number = ndimage.label(volume == label, np.ones((3, 3, 3)))
    return number, int(np.bincount(parts[parts > 0]).max()) if number else 0


@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.3, 0.6]), st.tuples(*[st.integers(1, 8)] * 3))
def test_groups_are_those_of_scipy_before_and_after_edits(seed, filled, shape):
    rng = np.random.default_rng(seed)
    volume = np.where(rng.random(shape) < filled, rng.integers(1, 4, shape), 0).astype(np.uint8)
    lesions = Lesions(*shape)
    put(lesions, volume, range(shape[0]))
    lesions.join(range(shape[0]))
    for _ in range(3):
        number, largest = lesions.count()
        for label in (1, 2, 3):
            assert (number[label], largest[label]) == truth(volume, label)
        start = int(rng.integers(0, shape[0]))
        stop = int(rng.integers(start, shape[0])) + 1
        volume[start:stop] = np.where(rng.random(volume[start:stop].shape) < filled, 2, 0)
        put(lesions, volume, range(start, stop))
        lesions.join(range(start, stop))
