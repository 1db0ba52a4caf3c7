"""Fill from a click."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import ndimage

from engine.case.labelmap import LabelMap
from engine.edit import fill
from engine.edit.allowed import Allowed, HuRange
from engine.edit.fill import fill_outline, flood_slice, grow, values_like
from engine.geometry.grid import Grid
from tests.support.cases import SMALL, a_volume, random_labels

SPACING = np.array(SMALL.spacing_zyx_mm)


def whole(region, shape) -> np.ndarray:
    out = np.zeros(shape, bool)
    out[region.box.slices] = region.mask
    return out


def joined(mask, at) -> np.ndarray:
    numbered, _ = ndimage.label(mask)
    return numbered == numbered[at]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_drawn_outline_is_filled_in_its_slice(axis):
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    plane = np.moveaxis(data, axis, 0)[5]
    plane[2:9, 3:11] = 3
    plane[3:8, 4:10] = 0
    labels = LabelMap(SMALL, data)
    at = np.insert([5, 6], axis, 5)
    region = fill_outline(labels, tuple(at), axis)
    assert region.whole
    assert region.mask.sum() == 5 * 6
    after = region.values(labels, 3)
    assert region.box.shape[axis] == 1
    assert (after[region.mask] == 3).all()
    outside = np.insert([0, 0], axis, 5)
    assert not fill_outline(labels, tuple(outside), axis).whole


@pytest.mark.parametrize("edge", [(0, 4), (11, 4), (4, 0), (4, 24)])
def test_an_outline_open_at_the_edge_of_the_slice_is_told(edge):
    data = np.full(SMALL.shape_zyx, 2, np.uint8)
    data[:, :, 7] = 1
    data[2:8, 2:20, 7] = 0
    z, y = edge
    data[min(z, 4) : max(z, 4) + 1, min(y, 4) : max(y, 4) + 1, 7] = 0
    assert not fill_outline(LabelMap(SMALL, data), (4, 4, 7), 2).whole


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flood_keeps_to_slice_range_and_locks(axis):
    at, data = (6, 12, 9), random_labels(SMALL.shape_zyx, high=3)
    data[at] = 1
    volume, labels = a_volume(), LabelMap(SMALL, data)
    allowed = Allowed(locked=frozenset({2}), hu=values_like(volume.hu, at, 60))
    region = flood_slice(labels, volume.hu, at, axis, allowed, 4)
    may = allowed.hu.mask(volume.hu) & (labels.data != 2)
    only = np.zeros(SMALL.shape_zyx, bool)
    index = [slice(None)] * 3
    index[axis] = at[axis]
    only[tuple(index)] = True
    assert (whole(region, SMALL.shape_zyx) == joined(may & only, at)).all()


def test_a_click_outside_the_range_finds_nothing():
    volume, labels = a_volume(), LabelMap(SMALL)
    nothing = Allowed(hu=HuRange(2000, 3000))
    assert flood_slice(labels, volume.hu, (6, 12, 9), 0, nothing, 3) is None
    assert grow(labels, volume.hu, (6, 12, 9), nothing, 3, reach_mm=50) is None


def test_what_has_the_label_already_does_not_stop_the_growing():
    hu = np.zeros((3, 4, 9), np.int16)
    data = np.zeros(hu.shape, np.uint8)
    data[:, :, 4] = 3
    data[:, :, 6] = 1
    grid = Grid(hu.shape, (2.0, 1.0, 1.5))
    allowed = Allowed(over=frozenset({0}), hu=HuRange(-5, 5))
    region = grow(LabelMap(grid, data), hu, (1, 1, 1), allowed, 3, reach_mm=100)
    assert whole(region, hu.shape).any(axis=(0, 1)).tolist() == [True] * 6 + [False] * 3
    no_range = Allowed(over=frozenset({0}))
    assert (grow(LabelMap(grid, data), hu, (1, 1, 1), no_range, 3, reach_mm=100).mask == region.mask).all()


@pytest.mark.parametrize("reach", [3.0, 7.0, 20.0, 500.0])
def test_growing_is_bounded_in_millimetres_and_says_so(reach):
    volume, labels = a_volume(), LabelMap(SMALL)
    at = (6, 12, 9)
    allowed = Allowed(hu=values_like(volume.hu, at, 80))
    region = grow(labels, volume.hu, at, allowed, 3, reach_mm=reach, limit_s=100)
    index = np.stack(np.meshgrid(*map(np.arange, SMALL.shape_zyx), indexing="ij"), -1)
    near = np.linalg.norm((index - at) * SPACING, axis=-1) <= reach + 1e-6
    truth = joined(allowed.hu.mask(volume.hu) & near, at)
    assert (whole(region, SMALL.shape_zyx) == truth).all()
    free = joined(allowed.hu.mask(volume.hu), at)
    assert region.whole == (reach >= 20)
    assert not region.whole or (truth == free).all()
    assert region.reach_mm <= reach


def test_growing_stops_when_the_time_is_over(monkeypatch):
    ticks = itertools.count(0, 0.05)
    monkeypatch.setattr(fill.time, "monotonic", lambda: next(ticks))
    hu = np.zeros((20, 60, 50), np.int16)
    region = grow(LabelMap(Grid(hu.shape)), hu, (10, 30, 25), Allowed(), 3, reach_mm=200, limit_s=0.08)
    assert not region.whole
    assert region.reach_mm == 8.0


def test_one_noisy_voxel_does_not_decide_the_range():
    hu = np.full((3, 5, 5), -700, np.int16)
    hu[1, 2, 2] = 900
    assert values_like(hu, (1, 2, 2), 50) == HuRange(-750, -650)
    assert values_like(hu, (0, 0, 0), 50) == HuRange(-750, -650)
