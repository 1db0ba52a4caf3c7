"""Tiny cases and recipes for tests of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.train.recipe import Recipe, from_dict
from engine.train.samples import Sample


def tiny_sample(seed: int = 0) -> Sample:
    """Return a case of 20 × 40 × 48 voxels: two dark lungs in grey tissue, a hazy ball in one."""
    rng = np.random.default_rng(seed)
    shape = (20, 40, 48)
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    hu = np.full(shape, 40.0)
    lungs = np.zeros(shape, np.uint8)
    for side, middle in ((1, 13), (2, 35)):
        inside = ((y - 20) / 15) ** 2 + ((x - middle) / 9) ** 2 + 0 * z < 1
        lungs[inside] = side
    hu[lungs > 0] = -850
    labels = lungs.copy()
    centre = rng.integers([7, 15, 32], [13, 25, 37])
    ball = (((z - centre[0]) / 5) ** 2 + ((y - centre[1]) / 6) ** 2 + ((x - centre[2]) / 5) ** 2 < 1) & (lungs > 0)
    labels[ball] = 3
    hu[ball] = -400
    hu += rng.normal(0, 12, shape)
    return Sample(f"tiny-{seed}", hu.astype(np.int16), labels, lungs)


def tiny_recipe(**training: Any) -> Recipe:
    """Return a recipe that trains a very small network for a few updates."""
    plan = {"steps": 6, "batch": 2, "precision": "fp32", "validate_every": 3, "checkpoint_every": 2, "ema": 0.9}
    return from_dict(
        {
            "name": "tiny",
            "network": "ra_unet3d",
            "labels": ["lung_right", "lung_left", "ground_glass"],
            "patch": [16, 32, 32],
            "arch": {"norm": "bn", "widths": [4, 6, 8, 8, 8], "blocks": 1},
            "training": plan | training,
        }
    )


def readers(count: int = 2) -> list[Callable[[], Sample]]:
    """Return functions that read tiny cases."""
    return [lambda seed=seed: tiny_sample(seed) for seed in range(count)]


def tiny_cases(folder: Path, names: Sequence[str]) -> Path:
    """Write tiny cases as a user lays them out, and return the folder."""
    for n, name in enumerate(names):
        sample = tiny_sample(n)
        grid = Grid(sample.hu.shape, (3.0, 2.5, 2.5), (0.0, 0.0, 0.0))
        (folder / name).mkdir(parents=True)
        write_volume(folder / name / "ct.nii.gz", sample.hu, grid)
        write_volume(folder / name / "lung_right.nii.gz", (sample.lungs == 1).astype(np.int16), grid)
        write_volume(folder / name / "lung_left.nii.gz", (sample.lungs == 2).astype(np.int16), grid)
    return folder
