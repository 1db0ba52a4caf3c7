"""How unsure a network is: by its own probabilities, and by what mirroring changes."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.nets.card import Card
from engine.nets.heads import groups, outputs

Map = NDArray[np.float32]


def probabilities(model: nn.Module, card: Card, x: Tensor) -> Map:
    """Return the probability of each label of `card`, (labels, D, H, W).

    Args:
        model: In evaluation mode.
        card: Says how outputs become labels.
        x: (1, 1, D, H, W).
    """
    with torch.inference_mode():
        return probabilities_of(card, model(x)[0])


def probabilities_of(card: Card, logits: Tensor) -> Map:
    """Return the probability of each label of `card`, (labels, D, H, W), from the outputs (K, D, H, W)."""
    logits = logits.detach().float()
    if card.head == "sigmoid":
        p = torch.sigmoid(logits)
    else:
        p = torch.cat(
            [torch.softmax(logits[g.first : g.first + len(g.labels) + 1], 0) for g in groups(card.head, card.labels)]
        )
    return p[list(outputs(card.head, card.labels))].cpu().numpy()


def entropy(p: Map) -> Map:
    """Return the largest entropy of any label, in bits: 0 sure, 1 a coin; (D, H, W) of (labels, D, H, W)."""
    inside = np.clip(p, 1e-7, 1 - 1e-7)
    bits = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
    return bits.max(axis=0).astype(np.float32)


def flip_doubt(model: nn.Module, card: Card, x: Tensor, straight: Map | None = None) -> Map:
    """Return by how much mirroring left and right changes the probability of any label, (D, H, W) from 0 to 1.

    The lungs change places with the picture.

    Args:
        model: In evaluation mode.
        card: Says how outputs become labels.
        x: (1, 1, D, H, W).
        straight: What `probabilities` gives for `x`, where that is known already.
    """
    straight = probabilities(model, card, x) if straight is None else straight
    mirrored = probabilities(model, card, x.flip(-1))[..., ::-1]
    swap = {"lung_right": "lung_left", "lung_left": "lung_right"}
    order = [card.labels.index(swap.get(key, key)) if swap.get(key, key) in card.labels else -1 for key in card.labels]
    known = [i for i, j in enumerate(order) if j >= 0]
    if not known:
        return np.zeros(straight.shape[1:], np.float32)
    return np.abs(straight[known] - mirrored[[order[i] for i in known]]).max(axis=0)
