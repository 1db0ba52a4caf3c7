"""The label map and its counts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.labelmap import LabelMap, count_ids
from engine.core.errors import GeometryError
from engine.geometry.box import Box
from tests.support.cases import SMALL, random_labels


def test_a_new_map_is_all_background():
    labels = LabelMap(SMALL)
    assert not labels.data.any()
    assert labels.counts[0] == np.prod(SMALL.shape_zyx)
    assert labels.counts[1:].sum() == 0
    assert labels.writes == 0


def test_counts_follow_every_write():
    labels = LabelMap(SMALL, random_labels(SMALL.shape_zyx))
    rng = np.random.default_rng(2)
    for number in range(20):
        start = [int(rng.integers(0, n - 1)) for n in SMALL.shape_zyx]
        stop = [int(rng.integers(a + 1, n + 1)) for a, n in zip(start, SMALL.shape_zyx, strict=True)]
        box = Box(tuple(start), tuple(stop))
        labels.write(box, rng.integers(0, 256, box.shape).astype(np.uint8))
        assert (labels.counts == np.bincount(labels.data.ravel(), minlength=256)).all()
        assert labels.writes == number + 1
    assert labels.ml(3) == pytest.approx((labels.data == 3).sum() * 2.5 * 0.8 * 1.1 / 1000)


def test_nobody_can_write_past_the_history():
    labels = LabelMap(SMALL)
    with pytest.raises(ValueError, match="read-only"):
        labels.data[0, 0, 0] = 1
    counts = labels.counts
    counts[3] = 77
    assert labels.counts[3] == 0


@pytest.mark.parametrize("data", [np.zeros((3, 4, 5), np.uint8), np.zeros(SMALL.shape_zyx, np.int16)])
def test_a_map_that_does_not_fit_the_grid_is_refused(data):
    with pytest.raises(GeometryError, match="do not fit"):
        LabelMap(SMALL, data)


def test_any_view_can_be_counted():
    labels = random_labels((5, 6, 7))[::-1, :, ::2]
    assert (count_ids(labels) == np.bincount(labels.ravel(), minlength=256)).all()
