"""Small networks, quick chests and engines whose answer is known, for tests of prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.paths import data_dir
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.nets.card import Card
from engine.nets.weights import ModelFile, open_model

FIVE = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")
TINY = {
    "widths": [2, 4, 4],
    "blocks": 1,
    "down_strides": [[2, 2, 2], [2, 2, 2]],
    "patch": [16, 32, 32],
    "ra_level": 2,
    "ra_reduction": 2,
}
"""RA-UNet with three levels: everything in it, converted in a second."""


def tiny_model(
    path: Path, labels: tuple[str, ...] = FIVE, *, seed: int = 0, norm: str = "bn", **card: Any
) -> ModelFile:
    """Write a random network of three levels with a 16×32×32 window and return it."""
    import torch

    from engine.nets.checkpoint import save
    from engine.nets.registry import build

    torch.manual_seed(seed)
    described = Card(path.stem, "ra_unet3d", labels, **{"patch": (16, 32, 32), "licence": "CC0-1.0", **card})
    model = build("ra_unet3d", {**TINY, "norm": norm, "out_channels": described.channels, "prior": 0.4})
    torch.nn.init.normal_(model.get_submodule("head").weight, std=0.5)  # type: ignore[arg-type]
    save(path, model, described)
    return open_model(path)


def own_model(name: str, **card: Any) -> ModelFile:
    """Write a random network among the person's own weights and return it."""
    folder = data_dir() / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    return tiny_model(folder / f"{name}.safetensors", **card)


def named_model(labels: tuple[str, ...], **card: Any) -> ModelFile:
    """Return a model that exists by its card only; to be run with an engine of this file."""
    described = Card("named", "ra_unet3d", labels, **{"patch": (16, 32, 32), **card})
    return ModelFile(Path("named.safetensors"), replace(described, sha256="0" * 64))


class ByDensity:
    """An engine that knows the answer: each channel is a range of the intensity, voxel by voxel."""

    text = "a rule"

    def __init__(self, *ranges: tuple[float, float]) -> None:
        self.ranges = ranges
        self.windows = 0

    def infer(self, window: NDArray[np.float32], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        self.windows += 1
        x = window[0, 0]
        half, middle = ((b - a) / 2 for a, b in self.ranges), ((a + b) / 2 for a, b in self.ranges)
        return np.stack([40 * (h - np.abs(x - m)) for h, m in zip(half, middle, strict=True)]).astype(np.float32)


def in_unit(low_hu: float, high_hu: float) -> tuple[float, float]:
    """Return a range of HU as intensities of the default policy."""
    return (low_hu + 1000) / 2000, (high_hu + 1000) / 2000


def quick_chest(
    shape: tuple[int, int, int] = (40, 56, 72),
    spacing: tuple[float, float, float] = (5.0, 4.0, 4.4),
    *,
    noise_hu: float = 0.0,
) -> tuple[NDArray[np.int16], Grid, NDArray[np.uint8]]:
    """Return a body with two lungs of different size and one dense lesion: HU, grid (canonical) and truth.

    Truth: 1 right lung, 2 left lung, 4 the lesion (in the right lung).
    """
    grid = Grid(shape, spacing, (-150.0, -120.0, 40.0))
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    hu = np.full(shape, -1000.0)
    hu[(y / 0.85) ** 2 + (x / 0.93) ** 2 < 1] = 40
    right = ((z + 0.05) / 0.75) ** 2 + ((y - 0.05) / 0.55) ** 2 + ((x + 0.45) / 0.33) ** 2 < 1
    left = ((z - 0.02) / 0.70) ** 2 + ((y + 0.02) / 0.50) ** 2 + ((x - 0.47) / 0.27) ** 2 < 1
    lesion = ((z + 0.3) / 0.2) ** 2 + ((y - 0.2) / 0.2) ** 2 + ((x + 0.5) / 0.14) ** 2 < 1
    hu[right | left] = -850
    hu[lesion] = -100
    truth = (right * 1 + left * 2).astype(np.uint8)
    truth[lesion] = 4
    if noise_hu:
        hu += np.random.default_rng(5).normal(0, noise_hu, shape)
    return hu.astype(np.int16), grid, truth
