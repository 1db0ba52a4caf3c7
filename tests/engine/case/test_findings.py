"""Every figure against slow loops over single voxels, on small oblique grids."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from engine.case.findings import measure
from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.severity import score
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from tests.support.grids import oblique_grid, turned

LABELS = default_labelset().adding(Label(9, "mine", "Mine", "#ffffff"))
LUNGS, INVOLVED = (1, 2), (3, 4)


def slow(labels: np.ndarray, grid: Grid, hu: np.ndarray | None = None) -> dict:
    """All figures by loops over voxels and every pair of distances."""
    index = np.argwhere(labels > 0)
    ids = labels[tuple(index.T)]
    points = grid.to_lps(index)
    lungs = {side: points[ids == side] for side in LUNGS}
    side = {}
    for k, label in enumerate(ids):
        if label in LUNGS:
            side[k] = int(label)
            continue
        reach = {s: np.linalg.norm(p - points[k], axis=1).min() for s, p in lungs.items() if len(p)}
        if not reach:
            side[k] = 0
        elif len(reach) == 1:
            side[k] = next(iter(reach))
        else:
            side[k] = 2 if reach[2] * (1 + 1e-5) < reach[1] else 1
    half = 0.5 * np.abs(grid.steps_lps[:, 2]).sum()
    zones = {}
    for s in LUNGS:
        mine = [k for k in side if side[k] == s and ids[k] in (*LUNGS, *INVOLVED)]
        if not mine:
            continue
        low = min(points[k][2] for k in mine) - half
        high = max(points[k][2] for k in mine) + half
        for t in range(3):
            edges = low + (high - low) * t / 3, low + (high - low) * (t + 1) / 3
            inside = [k for k in mine if edges[0] <= points[k][2] < edges[1]]
            sick = [k for k in inside if ids[k] in INVOLVED]
            zones[s, t] = (len(inside), len(sick))
    count = {int(i): int((ids == i).sum()) for i in (1, 2, 3, 4, 5, 9)}
    sided = {(int(i), s): sum(side[k] == s for k in side if ids[k] == i) for i in (3, 4, 5, 9) for s in LUNGS}
    parts = {i: ndimage.label(labels == i, np.ones((3, 3, 3))) for i in (3, 4, 5, 9)}
    lesions = {i: int(n) for i, (_, n) in parts.items()}
    largest = {i: int(np.bincount(p[p > 0]).max()) if n else 0 for i, (p, n) in parts.items()}
    mean = {}
    if hu is not None:
        for i in count:
            real = [int(v) for v in hu[labels == i] if v > -1024]
            mean[i] = sum(real) / len(real) if real else None
    return {"count": count, "sided": sided, "zones": zones, "lesions": lesions, "largest": largest, "mean": mean}


def agree(found, truth: dict, grid: Grid) -> None:
    ml = grid.voxel_ml
    lung = sum(truth["count"][i] for i in (1, 2, 3, 4))
    for row in found.labels:
        assert row.voxels == truth["count"][row.id]
        assert row.ml == pytest.approx(truth["count"][row.id] * ml)
        assert row.percent_of_lung == (pytest.approx(100 * row.voxels / lung) if lung else None)
        if row.id in (1, 2):
            assert row.lesions is None
            continue
        assert row.lesions == truth["lesions"][row.id]
        assert row.largest_ml == pytest.approx(truth["largest"][row.id] * ml)
        if row.ml_right is not None:
            assert row.ml_right == pytest.approx(truth["sided"][row.id, 1] * ml)
            assert row.ml_left == pytest.approx(truth["sided"][row.id, 2] * ml)
        if truth["mean"]:
            assert row.mean_hu == (pytest.approx(truth["mean"][row.id]) if truth["mean"][row.id] is not None else None)
    assert found.lung_ml == pytest.approx(lung * ml)
    zones = {(1 if z.side == "right" else 2, ("lower", "middle", "upper").index(z.third)): z for z in found.zones}
    assert set(zones) == set(truth["zones"])
    for key, (inside, sick) in truth["zones"].items():
        assert zones[key].lung_ml == pytest.approx(inside * ml)
        assert zones[key].involved_ml == pytest.approx(sick * ml)
        assert zones[key].score == score(100 * sick / inside if inside else 0)
    if zones:
        assert found.severity == sum(z.score for z in found.zones)


def chest(shape=(13, 11, 16), seed=0) -> np.ndarray:
    """Two lungs with a gap, and lesions in, at and beside them."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint8)
    labels[1:-2, 2:-1, 1:6] = 1
    labels[2:-1, 1:-2, 9:-1] = 2
    noise = ndimage.gaussian_filter(rng.normal(size=shape), 1.0)
    labels[(noise > 0.3) & (labels > 0)] = 3
    labels[noise > 0.55] = 4
    labels[1:4, -3:, 4:9] = 5
    labels[rng.random(shape) < 0.01] = 9
    return labels


ORIENTATIONS = [
    as_direction(np.diag(signs)[list(axes)] @ np.eye(3)[::-1])
    for axes in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]


def test_every_figure_agrees_with_slow_loops_on_an_oblique_grid():
    labels = chest()
    grid = oblique_grid(labels.shape, (2.3, 1.1, 0.9))
    hu = np.random.default_rng(1).integers(-1024, 300, labels.shape).astype(np.int16)
    hu[::3] = -1024
    agree(measure(labels, grid, LABELS, hu), slow(labels, grid, hu), grid)


@pytest.mark.parametrize("direction", ORIENTATIONS[::5])
def test_figures_do_not_depend_on_the_way_the_array_runs(direction):
    labels = chest((7, 9, 10), seed=4)
    grid = Grid(labels.shape, (2.3, 1.1, 0.9), (4.0, -7.0, 90.0), direction)
    agree(measure(labels, grid, LABELS), slow(labels, grid), grid)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.tuples(*[st.floats(-60, 60)] * 3), st.integers(0, 4))
def test_any_labels_on_any_grid_agree_with_slow_loops(seed, degrees, missing):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 0, 0, 1, 2, 3, 4, 5, 9], size=(5, 6, 7)).astype(np.uint8)
    labels[labels == missing] = 0
    grid = Grid((5, 6, 7), (2.0, 0.7, 1.3), (0, 0, 0), as_direction(turned(degrees)))
    agree(measure(labels, grid, LABELS), slow(labels, grid), grid)


def test_effusion_is_outside_the_lung_and_lesions_are_inside():
    labels = np.zeros((4, 4, 10), np.uint8)
    labels[..., :3], labels[..., 3], labels[..., 6:9], labels[..., 9] = 1, 3, 2, 5
    found = measure(labels, Grid((4, 4, 10), (1, 10, 10)), default_labelset())
    assert found.lung_ml == pytest.approx(4 * 4 * 7 * 0.1)
    assert found.right_ml == pytest.approx(4 * 4 * 4 * 0.1)
    assert found.involved_percent == pytest.approx(100 / 7)
    assert found.by_key("effusion").percent_of_lung == pytest.approx(100 / 7)
    assert found.by_key("effusion").ml_left == pytest.approx(1.6)


def test_a_lung_without_a_partner_takes_every_lesion():
    labels = np.zeros((6, 5, 7), np.uint8)
    labels[:, :, 1:3], labels[2, 2, 6] = 2, 4
    found = measure(labels, oblique_grid((6, 5, 7)), default_labelset())
    assert found.by_key("consolidation").ml_left == pytest.approx(found.by_key("consolidation").ml)
    assert found.by_key("consolidation").ml_right == 0
    assert {z.side for z in found.zones} == {"left"}


def test_without_any_lung_nothing_is_a_percentage():
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[1, 1, 1] = 5
    found = measure(labels, oblique_grid((3, 4, 5)), default_labelset())
    row = found.by_key("effusion")
    assert (row.voxels, row.percent_of_lung, row.ml_right, found.severity, found.zones) == (1, None, None, None, ())


def test_an_undivided_lung_is_a_denominator_without_sides():
    labelset = LabelSet((Label(1, "lung", "Lung", "#111111"), Label(2, "infection", "Infection", "#222222")))
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[..., :3], labels[0, 0, :3] = 1, 2
    found = measure(labels, oblique_grid((4, 5, 6)), labelset)
    assert found.involved_percent == pytest.approx(100 * 3 / 60)
    assert found.by_key("infection").ml_right is None


def test_padding_enters_no_histogram():
    labels = np.ones((2, 3, 4), np.uint8)
    labels[1] = 3
    hu = np.full((2, 3, 4), -1024, np.int16)
    hu[0, 0, :2], hu[1, 0, 0], hu[1, 0, 1] = -850, -600, 3000
    histogram = measure(labels, oblique_grid((2, 3, 4)), default_labelset(), hu).histogram
    bins = {histogram.start_hu + k * histogram.width_hu: n for k, n in enumerate(histogram.lung) if n}
    assert bins == {-864: 2, -608: 1, 1008: 1}
    assert sum(histogram.involved) == 2


def test_healthy_lungs_have_six_zones_of_nothing():
    labels = np.zeros((6, 5, 9), np.uint8)
    labels[..., :4], labels[..., 5:] = 1, 2
    found = measure(labels, oblique_grid((6, 5, 9)), default_labelset())
    assert (found.severity, len(found.zones), found.involved_percent) == (0, 6, 0.0)
    assert sum(z.lung_ml for z in found.zones) == pytest.approx(found.lung_ml)
