"""Pieces of a label."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from engine.case.labelmap import LabelMap
from engine.core.errors import InputError
from engine.edit import islands
from engine.edit.islands import island_at, keep_largest, remove_small
from engine.geometry.grid import Grid
from tests.support.cases import SMALL, a_case, random_labels


def pieces(data, label_id=3) -> list[int]:
    numbered, _ = ndimage.label(data == label_id, np.ones((3, 3, 3)))
    return sorted(np.bincount(numbered.ravel())[1:].tolist(), reverse=True)


def speckled(seed=4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(SMALL.shape_zyx) < 0.06, 3, rng.integers(0, 3, SMALL.shape_zyx)).astype(np.uint8)


@pytest.mark.parametrize("first", [(), (1,), (2, 5), (48, 96)])
def test_the_piece_under_the_mouse_is_found_whole(first, monkeypatch):
    monkeypatch.setattr(islands, "_NEAR_VOXELS", first)
    labels = LabelMap(SMALL, random_labels(SMALL.shape_zyx, high=9))
    seen = 0
    for at in [(0, 0, 0), (5, 12, 9), (11, 24, 30), (3, 20, 2), (8, 1, 17)]:
        label_id = labels.data[at]
        region = island_at(labels, at)
        if label_id == 0:
            assert region is None
            continue
        seen += 1
        numbered, _ = ndimage.label(labels.data == label_id, np.ones((3, 3, 3)))
        found = np.zeros(SMALL.shape_zyx, bool)
        found[region.box.slices] = region.mask
        assert (found == (numbered == numbered[at])).all()
    assert seen > 2


def test_a_long_piece_is_followed_to_its_end():
    data = np.zeros((4, 6, 300), np.uint8)
    data[1, 2, 5:290] = 3
    data[1, 4, 5:290] = 3
    region = island_at(LabelMap(Grid(data.shape), data), (1, 2, 100))
    assert region.mask.sum() == 285


@pytest.mark.parametrize("count", [1, 2, 5])
def test_only_the_largest_pieces_stay(count):
    case = a_case(labels=speckled())
    before = pieces(case.labels.data)
    assert len(before) > 10
    others = case.labels.data == 2
    case.history.apply(keep_largest(case.labels, 3, count=count))
    assert pieces(case.labels.data) == before[:count]
    assert ((case.labels.data == 2) == others).all()
    assert keep_largest(case.labels, 3, count=count) is None


def test_nothing_to_keep_is_refused():
    with pytest.raises(InputError, match="Nothing would be left"):
        keep_largest(LabelMap(SMALL), 3, count=0)


def test_pieces_under_a_volume_go():
    case = a_case(labels=speckled())
    before = pieces(case.labels.data)
    change = remove_small(case.labels, 3, under_ml=4 * SMALL.voxel_ml)
    case.history.apply(change)
    assert pieces(case.labels.data) == [n for n in before if n >= 4]
    assert change.title == "Remove small pieces"


def test_a_label_without_voxels_has_no_pieces():
    case = a_case()
    assert keep_largest(case.labels, 3) is None
    assert remove_small(case.labels, 3, under_ml=1) is None
    assert island_at(case.labels, (1, 1, 1)) is None
