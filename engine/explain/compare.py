"""What another network says at the same place, and where the two disagree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.progress import CancelToken
from engine.core.types import HuArray, IndexZyx
from engine.explain.doubt import Map, probabilities_of
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.geometry.resample import averaged_to, probabilities_to
from engine.nets.card import Card
from engine.nets.weights import ModelFile
from engine.predict.backends import EngineRequest, open_engine
from engine.predict.predictor import Run
from engine.predict.tiles import plan

_OVERLAP = 0.25
_ROUNDING = 1e-6  # voxels


def common_labels(model: ModelFile, other: ModelFile) -> tuple[str, ...]:
    """Return the labels both models know.

    Raises:
        InputError: there is none.
    """
    both = tuple(key for key in model.card.labels if key in other.card.labels)
    if not both:
        raise InputError(
            f"{model.id} and {other.id} cannot be compared: they have no label in common.",
            f"{other.id} knows {', '.join(other.card.labels)}.",
            "Compare with other weights.",
        )
    return both


def disagreement(p: Map, labels: Sequence[str], other: Map, other_labels: Sequence[str]) -> Map:
    """Return the largest difference of any common label's probability, (D, H, W) from 0 to 1.

    Args:
        p: (labels, D, H, W).
        labels: Keys of `p`.
        other: (other labels, D, H, W); where it is no number there is no difference.
        other_labels: Keys of `other`.
    """
    both = [key for key in labels if key in other_labels]
    mine, theirs = ([keys.index(key) for key in both] for keys in (labels, other_labels))
    return np.nan_to_num(np.abs(p[mine] - other[theirs])).max(axis=0).astype(np.float32)


def probabilities_on(
    hu: HuArray, grid: Grid, model: ModelFile, target: Grid, *, cancel: CancelToken | None = None
) -> Map:
    """Return what a network says on the voxels of a grid, (labels, D, H, W); no number where it cannot look.

    It sees the scan at its own spacing, window by window where one does not reach.

    Args:
        hu: (z, y, x) HU in any orientation.
        grid: Its grid.
        model: The weights.
        target: Where the answers are wanted; within the scan.
        cancel: Looked at before each convolution.

    Raises:
        Cancelled: someone said stop.
        ModelError: the weights are damaged.
    """
    card = model.card
    orientation = Orientation.of(grid)
    source = orientation.grid(grid)
    work = source if card.spacing is None else source.resized(card.spacing)
    part = work.crop(_around(work, target, card))
    seen = averaged_to(orientation.apply(hu), source, part, cancel=cancel)
    engine = open_engine(EngineRequest(model, card.patch, "cpu", torch.get_num_threads(), "fp32", cancel), "torch")
    tiles = plan(part.shape_zyx, card.patch, (0.0 if card.by_slice else _OVERLAP, _OVERLAP, _OVERLAP))
    run = Run(engine, card.intensity, card.channels, tiles)
    p = np.concatenate([_probabilities(card, logits) for _, logits in run.slabs(seen, cancel=cancel)], axis=1)
    known = np.ones((1, *part.shape_zyx), np.float32)  # turned with the others: 0 where the part does not reach
    told = np.concatenate([q for _, q in probabilities_to(np.concatenate([p, known]), part, target)], axis=1)
    told[:-1, told[-1] < 0.5] = np.nan
    return told[:-1]


def _around(work: Grid, target: Grid, card: Card) -> Box:
    """Return the box of `work` that holds a grid, at least a window of the network large where the scan is."""
    z, y, x = target.shape_zyx
    corners = [(i, j, k) for i in (0, z - 1) for j in (0, y - 1) for k in (0, x - 1)]
    index = work.to_index(target.to_lps(corners))
    # Not a voxel more: a network compared with itself then sees the very same window.
    low, high = np.floor(index.min(axis=0) + _ROUNDING), np.ceil(index.max(axis=0) - _ROUNDING) + 1
    shape, patch = np.array(work.shape_zyx), np.array(card.patch)
    middle = np.floor((low + high) / 2)
    low, high = np.minimum(low, middle - patch // 2), np.maximum(high, middle - patch // 2 + patch)
    size = np.minimum(high - low, shape)
    start = np.clip(low, 0, shape - size)  # moved inwards at the edge, not cut
    return Box(_whole(start), _whole(start + size))


def _probabilities(card: Card, logits: NDArray[np.float32]) -> Map:
    return probabilities_of(card, torch.from_numpy(logits.copy()))


def _whole(index: NDArray[np.float64]) -> IndexZyx:
    z, y, x = (int(i) for i in index)
    return z, y, x
