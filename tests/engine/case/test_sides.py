"""Which lung is nearer, decided by cells."""

from __future__ import annotations

import numpy as np

from engine.case import sides
from engine.case.findings import Measuring, measure
from engine.case.labelset import default_labelset
from engine.case.sides import Sides, cell_shape
from tests.support.grids import oblique_grid


def test_cells_are_as_cubic_as_can_be_and_few_enough():
    cell = cell_shape((300, 512, 512), (1.0, 0.7, 0.7), 500_000)
    assert np.prod([-(-n // c) for n, c in zip((300, 512, 512), cell, strict=True)]) <= 500_000
    edges = np.array(cell) * (1.0, 0.7, 0.7)
    assert edges.max() <= 1.5 * edges.min()
    assert cell_shape((20, 30, 40), (5.0, 0.7, 0.7)) == (1, 1, 1)


def test_coarse_cells_decide_as_voxels_do_away_from_the_middle(monkeypatch):
    shape = (24, 40, 60)
    labels = np.zeros(shape, np.uint8)
    labels[2:-2, 5:-5, 4:20], labels[2:-2, 5:-5, 40:56] = 1, 2
    rng = np.random.default_rng(7)
    lesions = rng.random(shape) < 0.05
    lesions[..., 26:34] = False  # the middle, where a cell may well be wrong
    labels[lesions] = rng.choice([3, 4, 5], int(lesions.sum()))
    grid = oblique_grid(shape)
    fine = measure(labels, grid, default_labelset())
    monkeypatch.setattr(sides, "MOST_CELLS", 2000)
    monkeypatch.setattr(
        "engine.case.measuring.cell_shape", lambda shape, spacing: cell_shape(shape, spacing, sides.MOST_CELLS)
    )
    coarse = Measuring(grid, default_labelset())
    assert coarse._cell != (1, 1, 1)
    assert coarse.update(labels) == fine


def test_cells_are_decided_again_when_a_lung_goes():
    both = Sides((2, 1, 6), (1, 1, 1), (1.0, 1.0, 1.0))
    lung = lambda *at: np.isin(np.arange(6), at).astype(np.uint16)
    for slab in (0, 1):
        both.set_slab(slab, lung(0), lung(5))
    where = np.zeros(6, np.intp), np.arange(6, dtype=np.int32)
    assert both.are_left(*where).tolist() == [False, False, False, True, True, True]
    both.set_slab(0, lung(), lung(5))
    both.set_slab(1, lung(), lung(5))
    assert both.are_left(*where).all()
    both.set_slab(0, lung(), lung())
    both.set_slab(1, lung(), lung())
    assert both.are_left(*where) is None
