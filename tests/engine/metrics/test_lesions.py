"""Lesions counted one by one, against a flood fill."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.metrics.lesions import detection


def lesions_of(mask: np.ndarray) -> list[set[tuple[int, ...]]]:
    left = {tuple(int(i) for i in v) for v in np.argwhere(mask)}
    out = []
    while left:
        lesion, edge = set(), [left.pop()]
        while edge:
            z, y, x = edge.pop()
            lesion.add((z, y, x))
            near = {(z + a, y + b, x + c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)} & left
            left -= near
            edge += near
        out.append(lesion)
    return out


MASK = arrays(bool, (3, 4, 5), elements=st.booleans())


@settings(max_examples=60, deadline=None)
@given(MASK, MASK)
def test_it_agrees_with_a_flood_fill(found: np.ndarray, truth: np.ndarray) -> None:
    told = detection(found, truth)
    true, seen = lesions_of(truth), lesions_of(found)
    assert (told.true, told.found) == (len(true), len(seen))
    assert told.detected == sum(any(found[v] for v in lesion) for lesion in true)
    assert told.false == sum(not any(truth[v] for v in lesion) for lesion in seen)


def test_rates_and_what_has_none() -> None:
    truth, found = np.zeros((1, 1, 12), bool), np.zeros((1, 1, 12), bool)
    truth[..., [0, 3, 6]] = True
    found[..., [0, 9]] = True
    told = detection(found, truth)
    assert told.sensitivity == 1 / 3
    assert told.precision == 1 / 2
    nothing = detection(np.zeros_like(found), np.zeros_like(found))
    assert math.isnan(nothing.sensitivity)
    assert math.isnan(nothing.precision)
