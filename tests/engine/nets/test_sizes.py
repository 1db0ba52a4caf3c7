"""Padding and cutting are one another's inverse."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.nets.sizes import cropped, padded

LENGTH = st.integers(1, 40)


@given(st.lists(st.tuples(LENGTH, st.integers(1, 16), LENGTH), min_size=2, max_size=3))
def test_what_is_padded_fits_and_comes_back(axes: list[tuple[int, int, int]]) -> None:
    size, multiple, least = zip(*axes, strict=True)
    x = torch.arange(float(torch.tensor(size).prod())).reshape(1, 1, *size)
    y = padded(x, multiple, least)
    for n, m, low, before in zip(y.shape[2:], multiple, least, size, strict=True):
        assert n % m == 0
        assert n >= max(low, before)
        assert n - max(low, before) < m
    assert torch.equal(cropped(y, size), x)
    assert y.flatten()[-1] == x.flatten()[-1]  # the edge is repeated
