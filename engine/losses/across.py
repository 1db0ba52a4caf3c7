"""Sums over all processes of a training, so that a loss is that of the whole batch wherever its parts are computed.

Dice of half a batch is not half of the batch's Dice: its sums have to be those of all parts. Alone, nothing happens.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:  # noqa: ANN401 - torch's own signature
        total = values.detach().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:  # noqa: ANN401
        # Every process has the same loss and pushes back through its own part; the gradients of the weights are
        # then averaged over the processes, so each part has to count as often as there are processes.
        return grads[0] * dist.get_world_size()


def together(values: Tensor) -> Tensor:
    """Return the sum of `values` over all processes, any shape; differentiable."""
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return values
    return _Sum.apply(values)  # pyright: ignore[reportReturnType] - apply is untyped
