"""Windows: they cover everything, never leave a large enough volume, and overlap at least as asked."""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.predict.tiles import plan, steps


@given(st.integers(1, 700), st.integers(1, 200), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9]))
def test_windows_cover_and_overlap(size: int, tile: int, overlap: float) -> None:
    at = steps(size, tile, overlap)
    assert at[0] == 0
    assert at[-1] == max(0, size - tile)
    gaps = [b - a for a, b in pairwise(at)]
    assert all(0 < gap <= ceil(tile * (1 - overlap) - 1e-9) for gap in gaps)
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("shape", "overlap", "count"),
    [
        ((300, 512, 512), 0.25, 208),
        ((300, 512, 512), 0.5, 450),
        ((256, 288, 384), 0.25, 66),
        ((256, 288, 384), 0.5, 90),
    ],
)
def test_the_counts_are_those_of_the_specification(shape: tuple[int, int, int], overlap: float, count: int) -> None:
    assert len(plan(shape, (32, 192, 192), overlap)) == count


def test_layers_come_from_below_and_say_what_is_final() -> None:
    layers = list(plan((20, 9, 8), (8, 4, 4), 0.25).layers())
    assert [z for z, _, _ in layers] == [0, 6, 12]
    assert [until for _, _, until in layers] == [6, 12, 20]
    assert all(box.shape == (8, 4, 4) for _, boxes, _ in layers for box in boxes)


def test_an_impossible_overlap_is_refused() -> None:
    with pytest.raises(InputError, match="overlap"):
        plan((4, 4, 4), (2, 2, 2), 1.0)
