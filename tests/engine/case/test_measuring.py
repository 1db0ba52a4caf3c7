"""Figures that follow edits are those of a fresh look."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.findings import measure
from engine.case.labelset import Label, default_labelset
from engine.case.measuring import Measuring
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from tests.support.grids import oblique_grid

LABELS = default_labelset().adding(Label(9, "mine", "Mine", "#ffffff"))


def chest(shape) -> np.ndarray:
    """Two lungs with lesions strewn over them."""
    rng = np.random.default_rng(0)
    labels = np.zeros(shape, np.uint8)
    labels[1:-2, 2:-1, 1:6], labels[2:-1, 1:-2, 9:-1] = 1, 2
    strewn = rng.random(shape) < 0.2
    labels[strewn] = rng.choice([3, 4, 5, 9], int(strewn.sum()))
    return labels


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_an_array_stored_the_other_way_round_has_the_same_figures(order):
    labels = chest((12, 14, 15))
    grid = Grid(labels.shape, (2.5, 0.8, 1.1), (1.0, 2.0, 3.0))
    turned = Grid(
        tuple(labels.shape[k] for k in order),
        tuple(grid.spacing_zyx_mm[k] for k in order),
        grid.origin_lps,
        as_direction(np.array(grid.direction)[list(order)]),
    )
    one = measure(labels, grid, LABELS)
    other = measure(labels.transpose(order), turned, LABELS)
    assert other.severity == one.severity
    for a, b in zip(one.labels, other.labels, strict=True):
        assert (a.voxels, a.lesions) == (b.voxels, b.lesions)
        assert a.ml_right == pytest.approx(b.ml_right)
        assert a.largest_ml == (None if b.largest_ml is None else pytest.approx(b.largest_ml))


def test_a_box_outside_or_empty_counts_nothing_again():
    labels = chest((9, 14, 15))
    measuring = Measuring(oblique_grid(labels.shape), LABELS)
    first = measuring.update(labels)
    assert measuring.update(labels, Box((0, 0, 0), (0, 0, 0))) == first
    assert measuring.update(labels, Box((-5, 0, 0), (99, 1, 1))) == first


def test_following_edits_gives_what_a_fresh_look_gives():
    labels = chest((17, 14, 15))
    grid = oblique_grid(labels.shape)
    hu = np.random.default_rng(2).integers(-1024, 200, labels.shape).astype(np.int16)
    measuring = Measuring(grid, LABELS, hu)
    measuring.update(labels)
    rng = np.random.default_rng(3)
    for _ in range(12):
        start = rng.integers(0, 12, 3)
        box = Box(tuple(start), tuple(start + rng.integers(1, 6, 3))).clipped(labels.shape)
        labels[box.slices] = rng.choice([0, 1, 2, 3, 4, 5, 9], size=box.shape if rng.random() < 0.5 else ())
        followed = measuring.update(labels, box)
        assert followed == measure(labels, grid, LABELS, hu)


def test_a_label_more_is_counted_from_then_on():
    labels = chest((13, 11, 16))
    grid = oblique_grid(labels.shape)
    measuring = Measuring(grid, default_labelset())
    measuring.update(labels)
    found = measuring.update(labels, Box((0, 0, 0), (1, 1, 1)), LABELS)
    assert found == measure(labels, grid, LABELS)
    renamed = LABELS.changing(3, name="Milchglas")
    assert measuring.update(labels, Box((0, 0, 0), (1, 1, 1)), renamed).by_key("ground_glass").name == "Milchglas"


def test_lesions_without_a_lung_have_no_share_of_one():
    """Otherwise a mask of lesions alone reads "100 % of the lung"."""
    labels = chest((9, 14, 15))
    labels[np.isin(labels, (1, 2))] = 0
    found = measure(labels, Grid(labels.shape, (2.5, 0.8, 1.1)), LABELS)
    assert found.involved_ml > 0
    assert found.lung_ml == 0
    assert found.involved_percent is None
    assert all(row.percent_of_lung is None for row in found.labels)
