"""On what in the picture an answer depends: the gradient of one output with respect to the input.

*Source*: Simonyan et al., "Deep Inside Convolutional Networks". A gradient says what a small change would do; it
does not say what the network would do without a structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.core.types import FloatZyx, IndexZyx


def saliency(model: nn.Module, x: Tensor, at: IndexZyx, channel: int) -> NDArray[np.float32]:
    """Return |∂ logit / ∂ intensity| of one output at one voxel, the largest being 1.

    Args:
        model: In evaluation mode; its weights get no gradient.
        x: (1, 1, D, H, W).
        at: Voxel whose answer is asked for.
        channel: Output.
    """
    with frozen(model):
        seen = x.detach().clone().requires_grad_()
        return slope_of(seen, model(seen)[(0, channel, *at)])


def slope_of(seen: Tensor, answer: Tensor) -> NDArray[np.float32]:
    """Return |∂ answer / ∂ seen|, the largest being 1, (D, H, W).

    Args:
        seen: (1, 1, D, H, W), a leaf that wants its gradient.
        answer: One number computed from it.
    """
    (slope,) = torch.autograd.grad(answer, seen, allow_unused=True)
    slope = torch.zeros_like(seen) if slope is None else slope.abs()
    most = float(slope.max())
    return (slope[0, 0] / (most or 1.0)).detach().cpu().numpy()


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Let no gradient reach the weights of a model for a while."""
    wanted = [p.requires_grad for p in model.parameters()]
    for p in model.parameters():
        p.requires_grad = False
    try:
        yield
    finally:
        for p, before in zip(model.parameters(), wanted, strict=True):
            p.requires_grad = before


def reach_mm(slope: NDArray[np.float32], at: IndexZyx, spacing_zyx_mm: FloatZyx, share: float = 0.5) -> float:
    """Return the radius around a voxel that holds `share` of a saliency.

    Args:
        slope: (D, H, W), not negative.
        at: The voxel.
        spacing_zyx_mm: Of the array.
        share: From 0 to 1.
    """
    steps = [(np.arange(n) - i) * s for n, i, s in zip(slope.shape, at, spacing_zyx_mm, strict=True)]
    distance = np.sqrt(steps[0][:, None, None] ** 2 + steps[1][:, None] ** 2 + steps[2] ** 2)
    order = np.argsort(distance, axis=None)
    total = np.cumsum(slope.reshape(-1)[order], dtype=np.float64)
    if not len(total) or total[-1] <= 0:
        return 0.0
    return float(distance.reshape(-1)[order][np.searchsorted(total, share * total[-1])])
