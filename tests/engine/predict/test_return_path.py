"""Bringing slabs back: the same as resampling the whole, whatever pieces they come in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.resample import probabilities_to
from engine.predict.return_path import SlabResampler
from tests.support.grids import oblique_grid

spacings = st.tuples(st.floats(0.5, 5), st.floats(0.6, 3), st.floats(0.6, 3))


@given(depth=st.integers(1, 23), spacing=spacings, pieces=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_pieces_give_what_the_whole_gives(depth: int, spacing: tuple[float, float, float], pieces: list[int]) -> None:
    target = oblique_grid((depth, 9, 7), (1.7, 1.1, 0.9))
    work = target.resized(spacing)
    values = np.random.default_rng(4).random((2, *work.shape_zyx)).astype(np.float32)
    expected = np.concatenate([v for _, v in probabilities_to(values, work, target)], axis=1)
    resampler = SlabResampler(work, target)
    got = np.full((2, *target.shape_zyx), np.nan, np.float32)
    at, done, turn = 0, 0, 0
    while at < work.shape_zyx[0]:
        stop = min(work.shape_zyx[0], at + pieces[turn % len(pieces)])
        for first, slab in resampler.push(at, values[:, at:stop]):
            assert first == done
            done = first + slab.shape[1]
            got[:, first:done] = slab
        at, turn = stop, turn + 1
    assert done == target.shape_zyx[0]
    assert np.abs(got - expected).max() < 1e-5


def test_slices_come_as_soon_as_both_neighbours_are_there() -> None:
    target = oblique_grid((40, 5, 6), (1.0, 1.0, 1.0))
    work = target.resized((2.0, 1.0, 1.0))
    values = np.zeros((1, *work.shape_zyx), np.float32)
    resampler = SlabResampler(work, target)
    early = sum(slab.shape[1] for _, slab in resampler.push(0, values[:, :10]))
    assert early == 19
