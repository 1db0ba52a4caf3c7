"""A snapshot holds what was there when it was taken, whenever it is looked at."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case.labelmap import LabelMap
from engine.core.types import LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid

SHAPE = (37, 6, 5)


def some_labels() -> LabelArray:
    return np.random.default_rng(3).integers(0, 6, SHAPE).astype(np.uint8)


@given(st.lists(st.tuples(st.integers(0, 36), st.integers(1, 37), st.integers(0, 6), st.booleans()), max_size=8))
def test_writes_do_not_reach_what_was_taken_before(steps: list[tuple[int, int, int, bool]]) -> None:
    labels = LabelMap(Grid(SHAPE, (1.0, 0.8, 0.7)), some_labels())
    taken = [(labels.snapshot(), labels.data.copy())]
    for first, count, value, again in steps:
        box = Box((first, 1, 0), (min(37, first + count), 5, 5))
        labels.write(box, np.full(box.shape, value, np.uint8))
        if again:
            taken.append((labels.snapshot(), labels.data.copy()))
    for snapshot, before in taken:
        np.testing.assert_array_equal(snapshot.array(), before)
        np.testing.assert_array_equal(snapshot.array(), before)


def test_it_can_be_copied_beside_the_window_while_that_writes() -> None:
    labels = LabelMap(Grid((400, 64, 60), (1.0, 0.8, 0.7)), np.ones((400, 64, 60), np.uint8))
    for _ in range(20):
        snapshot, before, got = labels.snapshot(), labels.data.copy(), []
        worker = threading.Thread(target=lambda s=snapshot, g=got: g.append(s.array()))
        worker.start()
        for z in range(0, 400, 25):
            box = Box((z, 0, 0), (z + 25, 64, 60))
            labels.write(box, np.full(box.shape, (labels.data[z, 0, 0] + 1) % 200, np.uint8))
        worker.join()
        np.testing.assert_array_equal(got[0], before)


def test_nothing_is_held_once_it_is_copied_or_let_go() -> None:
    labels = LabelMap(Grid(SHAPE, (1.0, 0.8, 0.7)), some_labels())
    copied, dropped = labels.snapshot(), labels.snapshot()
    copied.array()
    del dropped
    labels.write(Box.whole(SHAPE), np.zeros(SHAPE, np.uint8))
    assert copied.done
    assert labels._snapshots == []


def test_what_was_taken_cannot_be_written_to() -> None:
    labels = LabelMap(Grid(SHAPE, (1.0, 0.8, 0.7)), some_labels())
    with pytest.raises(ValueError, match="read-only"):
        labels.snapshot().array()[0, 0, 0] = 1
