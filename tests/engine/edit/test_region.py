"""Regions: what they hold and the change they make."""

from __future__ import annotations

import numpy as np
import pytest

from engine.edit.region import Region, label_box
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case, random_labels


def test_a_region_changes_its_own_voxels_and_no_others():
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    before = case.labels.data.copy()
    box = Box((2, 3, 4), (5, 9, 12))
    mask = np.random.default_rng(3).random(box.shape) < 0.5
    region = Region(box, mask)
    case.history.apply(region.delta(case.labels, 4, title="Fill", author="me"))
    expected = before.copy()
    expected[box.slices][mask] = 4
    assert (case.labels.data == expected).all()
    assert (region.values(case.labels, 4) == expected[box.slices]).all()
    assert region.ml(SMALL.voxel_ml) == pytest.approx(mask.sum() * 2.5 * 0.8 * 1.1 / 1000)
    assert region.delta(case.labels, 4, title="Fill") is None


def test_the_box_of_a_label_is_as_small_as_it_can_be():
    labels = np.zeros(SMALL.shape_zyx, np.uint8)
    labels[3, 4, 5] = labels[7, 20, 9] = 2
    case = a_case(labels=labels)
    assert label_box(case.labels, 2) == Box((3, 4, 5), (8, 21, 10))
    assert label_box(case.labels, 3) is None
