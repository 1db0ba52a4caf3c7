"""Small cases for tests: never cubic, never symmetric, with air, lung and soft tissue in them."""

from __future__ import annotations

import numpy as np

from engine.case.document import Case
from engine.case.labelset import LabelSet
from engine.case.volume import SeriesInfo, Volume
from engine.geometry.grid import Grid

SMALL = Grid((12, 25, 31), (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0))


def a_volume(grid: Grid = SMALL, *, seed: int = 0, uid_hash: str = "5f2a") -> Volume:
    """A body of soft tissue with a lung of about −800 HU and noise."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in grid.shape_zyx], indexing="ij")
    hu = np.where(y**2 + x**2 < 0.9, 40, -1000)
    hu = np.where((x + 0.4) ** 2 * 6 + y**2 * 3 + z**2 < 0.7, -800, hu)
    hu = (hu + rng.normal(0, 15, grid.shape_zyx)).astype(np.int16)
    return Volume(hu, grid, SeriesInfo(f"CT {grid.shape_zyx[0]} slices", "synthetic", uid_hash=uid_hash))


def a_case(
    grid: Grid = SMALL,
    *,
    labels: np.ndarray | None = None,
    labelset: LabelSet | None = None,
    seed: int = 0,
    uid_hash: str = "5f2a",
    budget_mib: float = 512,
) -> Case:
    return Case(a_volume(grid, seed=seed, uid_hash=uid_hash), labelset, labels, budget_mib=budget_mib)


def random_labels(shape: tuple[int, int, int], *, seed: int = 1, high: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, high, shape).astype(np.uint8)
