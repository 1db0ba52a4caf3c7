"""Channels → labels: thresholds, lesion over lung, merged channels, the three heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.nets.card import Card
from engine.nets.heads import outputs
from engine.predict.decode import Around, Decoder, to_probabilities
from tests.support.models import FIVE

SHAPE = (1, 1, 8)


def around(hu: int = -800, air: bool = True) -> Around:
    sides = np.array([[[1, 1, 1, 1, 2, 2, 2, 2]]], np.uint8)
    return Around(np.full(SHAPE, hu, np.int16), sides, np.full(SHAPE, air), (2.0, 1.0, 1.0))


def logits(rows: list[list[float]]) -> np.ndarray:
    p = np.array(rows, np.float32)[:, None, None, :]
    return np.log(p / (1 - p))


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
def test_lung_is_the_likelier_side_and_lesions_lie_over_it(scale: str) -> None:
    rows = [
        [0.9, 0.6, 0.3, 0.4, 0.1, 0.2, 0.9, 0.1],  # right
        [0.1, 0.7, 0.2, 0.4, 0.9, 0.8, 0.1, 0.1],  # left
        [0.1, 0.1, 0.1, 0.1, 0.6, 0.1, 0.6, 0.1],  # ground-glass
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.8, 0.1],  # consolidation
        [0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.4],  # effusion
    ]
    values = logits(rows)
    card = Card("a", "n", FIVE)
    if scale == "probabilities":
        values = to_probabilities(card, values)
        assert values[:, 0, 0] == pytest.approx(np.array(rows), abs=1e-6)
    labels, lung = Decoder(card).decode(values, scale, around())
    assert labels.ravel().tolist() == [1, 2, 5, 0, 3, 2, 4, 0]
    assert lung.ravel().tolist() == [1, 2, 0, 0, 2, 2, 1, 0]


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
def test_thresholds_of_the_card_are_kept(scale: str) -> None:
    card = Card("a", "n", ("lung", "ground_glass"), thresholds=(0.5, 0.3))
    rows = [[0.9] * 8, [0.1, 0.29, 0.31, 0.5, 0.1, 0.29, 0.31, 0.9]]
    values = logits(rows)
    if scale == "probabilities":
        values = to_probabilities(card, values)
    labels, _ = Decoder(card).decode(values, scale, around())
    assert labels.ravel().tolist() == [1, 1, 3, 3, 2, 2, 3, 3]


def test_infection_is_divided_by_density_and_says_so() -> None:
    decoder = Decoder(Card("a", "n", ("infection",)))
    values = logits([[0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9]])
    for hu, label in ((-600, 3), (-100, 4)):
        labels, _ = decoder.decode(values, "logits", around(hu))
        assert labels.ravel().tolist() == [label] * 3 + [1, 2] + [label] * 3
    assert decoder.told_by_density
    assert decoder.inside_lung_ids == (3, 4)


def test_a_vessel_inside_ground_glass_does_not_count_as_consolidation() -> None:
    decoder = Decoder(Card("a", "n", ("infection",)))
    hu = np.full((3, 15, 15), -650, np.int16)
    hu[:, 7, 7] = 50
    there = Around(hu, np.ones(hu.shape, np.uint8), np.ones(hu.shape, bool), (2.0, 1.0, 1.0))
    labels, _ = decoder.decode(np.full((1, *hu.shape), 3.0, np.float32), "logits", there)
    assert (labels == 3).all()


def test_without_a_lung_channel_the_lung_is_where_the_air_is() -> None:
    decoder = Decoder(Card("a", "n", ("ground_glass",)))
    labels, lung = decoder.decode(logits([[0.1] * 8]), "logits", around())
    assert labels.ravel().tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert not decoder.finds_lungs
    labels, lung = decoder.decode(logits([[0.1] * 8]), "logits", around(air=False))
    assert not labels.any()
    assert not lung.any()


def test_gas_outside_the_lungs_is_nothing() -> None:
    decoder = Decoder(Card("a", "n", ("lung_right", "lung_left", "ground_glass")))
    gas = np.array([[[False, True, True, False, False, False, False, True]]])
    rows = [[0.9] * 8, [0.1] * 8, [0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1]]
    labels, lung = decoder.decode(logits(rows), "logits", replace(around(), open_air=gas))
    assert lung.ravel().tolist() == [1, 0, 0, 1, 1, 1, 1, 0]
    assert labels.ravel().tolist() == [1, 0, 0, 3, 1, 1, 1, 0]


def test_a_channel_the_program_does_not_know_becomes_a_label_of_its_own() -> None:
    decoder = Decoder(Card("a", "n", ("lung", "fibrosis")))
    fibrosis = decoder.labelset.by_key("fibrosis")
    assert fibrosis is not None
    assert fibrosis.id == 6
    labels, _ = decoder.decode(logits([[0.1] * 8, [0.9] * 8]), "logits", around())
    assert (labels == 6).all()


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
def test_exclusive_classes_take_the_likeliest(scale: str) -> None:
    card = Card("a", "n", ("lung", "ground_glass", "consolidation"), head="softmax")
    values = np.zeros((4, *SHAPE), np.float32)
    for x, winner in enumerate([0, 1, 2, 3, 0, 1, 2, 3]):
        values[winner, 0, 0, x] = 1.0  # less than half of the probability, and still the likeliest
    if scale == "probabilities":
        values = to_probabilities(card, values)
        assert values.sum(axis=0) == pytest.approx(1.0)
    labels, _ = Decoder(card).decode(values, scale, around())
    assert labels.ravel().tolist() == [0, 1, 3, 4, 0, 2, 3, 4]


def test_groups_exclude_each_other_only_inside() -> None:
    card = Card("a", "n", FIVE, head="grouped")
    assert outputs(card.head, card.labels) == (1, 2, 4, 5, 6)
    values = np.zeros((7, *SHAPE), np.float32)
    values[[0, 3]] = 1  # both backgrounds
    values[1, ..., 0] = values[2, ..., 1] = values[2, ..., 2] = values[4, ..., 2] = values[6, ..., 3] = 5
    values = to_probabilities(card, values)
    assert values[:3].sum(axis=0) == pytest.approx(1.0)
    assert values[3:].sum(axis=0) == pytest.approx(1.0)
    labels, lung = Decoder(card).decode(values, "probabilities", around())
    assert labels.ravel().tolist() == [1, 2, 3, 5, 0, 0, 0, 0]
    assert lung.ravel().tolist() == [1, 2, 2, 0, 0, 0, 0, 0]


def test_extreme_logits_do_not_overflow() -> None:
    with np.errstate(over="raise", invalid="raise"):
        p = to_probabilities(Card("a", "n", ("lung",)), np.array([[[[-500.0, 0.0, 500.0]]]], np.float32))
    assert p.ravel() == pytest.approx([0, 0.5, 1], abs=1e-6)
