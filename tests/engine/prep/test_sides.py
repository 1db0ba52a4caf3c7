"""Right and left: two lungs that touch are told apart; a lone lung keeps its side."""

from __future__ import annotations

import numpy as np

from engine.prep.sides import fill_sides, split_sides

SPACING = np.array([4.0, 3.0, 3.2])


def lungs() -> tuple[np.ndarray, np.ndarray]:
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in (30, 50, 60)), indexing="ij")
    right = (z / 0.8) ** 2 + (y / 0.7) ** 2 + ((x + 0.48) / 0.4) ** 2 < 1
    left = (z / 0.7) ** 2 + (y / 0.6) ** 2 + ((x - 0.42) / 0.3) ** 2 < 1
    return right, left


def test_lungs_that_touch_are_told_apart() -> None:
    right, left = lungs()
    bridge = np.zeros_like(right)
    bridge[12:16, 18:22, 20:45] = True
    sides = split_sides(right | left | bridge, SPACING)
    assert (sides[right & ~bridge] == 1).mean() > 0.98
    assert (sides[left & ~bridge] == 2).mean() > 0.98
    assert ((sides > 0) == (right | left | bridge)).all()


def test_a_lone_lung_keeps_its_side() -> None:
    right, left = lungs()
    body = np.ones_like(right)
    assert (split_sides(left, SPACING, body)[left] == 2).mean() > 0.95
    assert (split_sides(right, SPACING, body)[right] == 1).mean() > 0.9


def test_every_voxel_gets_the_side_of_the_nearer_lung() -> None:
    right, left = lungs()
    filled = fill_sides((right * 1 + left * 2).astype(np.uint8), SPACING)
    assert set(np.unique(filled)) == {1, 2}
    assert (filled[:, :, :3] == 1).all()
    assert (filled[:, :, -3:] == 2).all()


def test_without_lungs_the_middle_divides() -> None:
    filled = fill_sides(np.zeros((2, 3, 8), np.uint8), SPACING)
    assert (filled[0, 0] == [1, 1, 1, 1, 2, 2, 2, 2]).all()
    assert (split_sides(np.zeros((2, 3, 8), bool), SPACING) == 0).all()
