"""How good the weights are on whole cases that are not learned from."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.core.progress import CancelToken
from engine.core.types import LabelArray
from engine.metrics.overlap import Counts, counts
from engine.nets.heads import groups, output_count
from engine.predict.predictor import Run
from engine.predict.tiles import plan
from engine.predict.torch_engine import use_onednn
from engine.train.batches import label_mask
from engine.train.recipe import Recipe
from engine.train.samples import UNKNOWN, Sample

_NOTHING = Counts(0, 0, 0, 0)
_OVERLAP = 0.1
"""Little: validation is a comparison between checkpoints, and time spent here is not spent learning."""


class ModuleEngine:
    """A network as it stands in training, as an engine of the predictor."""

    def __init__(self, module: nn.Module, device: torch.device, *, bf16: bool) -> None:
        self.text = f"{device.type}, in training"
        self._module = copy.deepcopy(module)  # what follows is not for training
        if device.type == "cpu" and not bf16:
            for part in self._module.modules():
                if isinstance(part, nn.Conv2d | nn.Conv3d):
                    use_onednn(part)
        self._device = device
        self._bf16 = bf16

    def infer(self, window: NDArray[np.float32], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        """Return logits (K, D, H, W) of `window` (1, 1, D, H, W)."""
        if cancel is not None:
            cancel.check()
        x = torch.from_numpy(window).to(self._device, memory_format=torch.channels_last_3d)
        with torch.inference_mode(), torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            return self._module(x)[0].float().cpu().numpy()


def scores(
    module: nn.Module,
    recipe: Recipe,
    samples: Iterable[Sample],
    device: torch.device,
    *,
    bf16: bool,
    cancel: CancelToken | None = None,
) -> dict[str, float]:
    """Return the Dice per label, pooled over the voxels of all `samples`, and their mean as ``"mean"``.

    Pooled rather than averaged: with a handful of cases a tiny lesion would otherwise decide which
    weights are the best. A label that no sample has is left out.

    Args:
        module: In evaluation mode.
        recipe: Labels, patch, grey values.
        samples: On the recipe's spacing.
        device: Of the module.
        bf16: Compute as in training.
        cancel: Looked at before each window.
    """
    total: dict[str, Counts] = {}
    engine = ModuleEngine(module, device, bf16=bf16)
    for sample in samples:
        for key, of_case in counts_of(engine, recipe, sample, cancel=cancel).items():
            total[key] = total.get(key, _NOTHING) + of_case
    dice = {key: pooled.dice for key, pooled in total.items() if pooled.tp + pooled.fn > 0}
    if dice:
        dice["mean"] = float(np.mean(list(dice.values())))
    return dice


def counts_of(
    engine: ModuleEngine, recipe: Recipe, sample: Sample, *, cancel: CancelToken | None = None
) -> dict[str, Counts]:
    """Return what was found and missed of each label that the sample knows, in voxels of the sample.

    Args:
        engine: The network.
        recipe: Labels, patch, grey values.
        sample: On the recipe's spacing.
        cancel: Looked at before each window.
    """
    nz, ny, nx = sample.hu.shape
    outputs = output_count(recipe.head, recipe.labels)
    run = Run(engine, recipe.intensity, outputs, plan((nz, ny, nx), recipe.patch, _OVERLAP))
    total = {key: _NOTHING for key in recipe.labels if key in sample.known}
    ids = sample.ids
    for start, logits in run.slabs(sample.hu, cancel=cancel):
        part = slice(start, start + logits.shape[1])
        taught = ids[part] != UNKNOWN
        found, truths = _chosen(recipe, logits), _truths(recipe, ids[part], sample.lungs[part])
        for i, key in enumerate(recipe.labels):
            if key in total:
                total[key] += counts(found[i] & taught, truths[i] & taught)
    return total


def _chosen(recipe: Recipe, logits: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """Return where each label is found."""
    if recipe.head == "sigmoid":
        return [row > 0 for row in logits]
    found: dict[int, NDArray[np.bool_]] = {}
    for group in groups(recipe.head, recipe.labels):
        best = logits[group.first : group.first + len(group.labels) + 1].argmax(axis=0)
        found |= {label: best == place for place, label in enumerate(group.labels, start=1)}
    return [found[i] for i in range(len(recipe.labels))]


def _truths(recipe: Recipe, labels: LabelArray, lungs: LabelArray) -> list[NDArray[np.bool_]]:
    """Return where each label is; among labels that exclude one another the later one counts."""
    truths = [label_mask(key, labels, lungs) for key in recipe.labels]
    for group in groups(recipe.head, recipe.labels):
        taken = np.zeros(labels.shape, np.bool_)
        for label in reversed(group.labels):
            truths[label] = truths[label] & ~taken
            taken |= truths[label]
    return truths
