"""Doubt of a segmentation: entropy against the formula, intervals against the probabilities counted plainly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.nets.card import Card
from engine.predict.decode import Around, Decoder, to_probabilities
from engine.predict.doubt_map import Doubting
from engine.predict.segment import SegmentOptions, segment
from tests.support.models import FIVE, ByDensity, in_unit, named_model, quick_chest

SHAPE = (3, 5, 11)
OPTIONS = SegmentOptions(doubt=True, probabilities=True)


def around(shape=SHAPE, *, open_air: np.ndarray | None = None, hu: int = -600) -> Around:
    sides = np.ones(shape, np.uint8)
    sides[..., shape[2] // 2 :] = 2
    return Around(np.full(shape, hu, np.int16), sides, np.zeros(shape, bool), (5.0, 0.8, 0.7), open_air)


def entropy(p: np.ndarray) -> np.ndarray:
    p = np.clip(p.astype(np.float64), 1e-12, 1 - 1e-12)
    return (-p * np.log2(p) - (1 - p) * np.log2(1 - p)).max(axis=0)


@pytest.mark.parametrize("head", ["sigmoid", "grouped", "softmax"])
def test_the_map_is_the_largest_entropy_of_any_label(head) -> None:
    card = Card("c", "ra_unet3d", FIVE, head=head)
    logits = np.random.default_rng(3).normal(0, 4, (card.channels, *SHAPE)).astype(np.float32)
    p = to_probabilities(card, logits.copy())
    from engine.nets.heads import outputs

    expected = 255 * entropy(p[list(outputs(head, FIVE))])
    got = Doubting(card, Decoder(card), SHAPE)
    got.take(p, "probabilities", around(), 0)
    assert np.abs(got.values - expected).max() <= 1
    if head == "sigmoid":
        before = logits.copy()
        again = Doubting(card, Decoder(card), SHAPE)
        for z in range(3):  # slab by slab, from logits
            again.take(logits[:, z : z + 1], "logits", around((1, *SHAPE[1:])), z)
        assert np.abs(again.values - expected).max() <= 1
        np.testing.assert_array_equal(logits, before)


def test_air_outside_the_lungs_is_no_doubt() -> None:
    card = Card("c", "ra_unet3d", ("ground_glass",))
    air = np.zeros(SHAPE, bool)
    air[1, 2] = True
    doubting = Doubting(card, Decoder(card), SHAPE)
    doubting.take(np.full((1, *SHAPE), 0.5, np.float32), "probabilities", around(open_air=air), 0)
    assert (doubting.values[air] == 0).all()
    assert (doubting.values[~air] == 255).all()
    labels = np.full(SHAPE, 3, np.uint8) * ~air
    (one,) = doubting.intervals(labels.astype(np.uint8), (1.0, 1.0, 1.0))
    assert one.high_ml == pytest.approx((~air).sum() / 1000)
    assert one.low_ml == 0


def test_intervals_follow_the_pair_of_the_card() -> None:
    card = Card("c", "ra_unet3d", ("ground_glass",), interval={"ground_glass": {"sure": 0.7, "possible": 0.3}})
    p = np.linspace(0, 1, np.prod(SHAPE)).reshape(1, *SHAPE).astype(np.float32)
    doubting = Doubting(card, Decoder(card), SHAPE)
    doubting.take(p, "probabilities", around(), 0)
    labels = np.where(p[0] > 0.5, np.uint8(3), np.uint8(0))
    (one,) = doubting.intervals(labels, (10.0, 10.0, 10.0))
    assert (one.key, one.voxels) == ("ground_glass", int((p > 0.5).sum()))
    assert (one.low_ml, one.high_ml) == (float((p >= 0.7).sum()), float((p >= 0.3).sum()))


def test_a_channel_that_stands_for_two_labels_is_parted_as_the_labels_are() -> None:
    card = Card("c", "ra_unet3d", ("lung", "infection"))
    p = np.full((2, *SHAPE), 0.95, np.float32)
    p[1] = 0.01
    p[1, 1] = 0.95
    doubting, decoder = Doubting(card, Decoder(card), SHAPE), Decoder(card)
    there = around(hu=-100)
    doubting.take(p, "probabilities", there, 0)
    labels, _ = decoder.decode(p, "probabilities", there)
    told = {i.key: i for i in doubting.intervals(labels, (1.0, 1.0, 1.0))}
    assert told["consolidation"].low_ml == told["consolidation"].high_ml == pytest.approx(55 / 1000)
    assert told["ground_glass"].high_ml == 0
    assert told["lung_right"].low_ml == pytest.approx(2 * 5 * 5 / 1000)
    assert told["lung_left"].high_ml == pytest.approx(2 * 5 * 6 / 1000)


@pytest.mark.parametrize("spacing", [None, (6.0, 5.0, 5.0)])
def test_a_segmentation_brings_doubt_and_intervals_of_what_it_is_in_the_end(spacing) -> None:
    hu, grid, _ = quick_chest(noise_hu=140)
    turned = np.ascontiguousarray(hu[::-1])
    rows = np.array(grid.direction) * np.array([[-1], [1], [1]])
    flipped = replace(
        grid, direction=tuple(map(tuple, rows)), origin_lps=tuple(grid.to_lps((grid.shape_zyx[0] - 1, 0, 0)))
    )
    rule = ByDensity(in_unit(-1000, -300), in_unit(-300, -40))
    model = named_model(("lung", "consolidation"), spacing=spacing)
    result = segment(turned, flipped, model=model, engine=rule, options=OPTIONS)
    p = result.probabilities
    assert p is not None
    assert result.doubt is not None
    assert result.doubt.box == result.box
    expected = 255 * entropy(np.stack([p["lung"], p["consolidation"]]).astype(np.float32))
    got = result.doubt.values()
    # open air holds no doubt, and half precision is rough: the rest is the same
    assert (np.abs(got - expected)[got > 0] <= 6).all()
    assert (got > 0).any()
    told = {i.key: i for i in result.intervals}
    assert set(told) == {"lung_right", "lung_left", "consolidation"}
    counts = np.bincount(result.labels.ravel(), minlength=256)
    for key, one in told.items():
        label = result.labelset.by_key(key)
        assert label is not None
        assert one.voxels == counts[label.id]
        assert one.low_ml <= one.voxels * grid.voxel_ml + 1e-9 <= one.high_ml + 2e-9
    lesion = result.labels[result.box.slices] == 4
    sure = ((p["consolidation"] > 0.9) & lesion).sum() * grid.voxel_ml
    assert told["consolidation"].low_ml == pytest.approx(sure, rel=0.01)


def test_nothing_is_kept_that_was_not_asked_for() -> None:
    hu, grid, _ = quick_chest()
    model = named_model(("lung",))
    result = segment(hu, grid, model=model, engine=ByDensity(in_unit(-1000, -300)))
    assert result.doubt is None
    assert result.intervals == ()
