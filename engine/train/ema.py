"""Averaged weights, and batch statistics that fit them."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class Average:
    """An exponential moving average of the weights of a model, buffers included.

    Args:
        model: Whose weights; a copy is kept.
        decay: Share of the old average; 0 follows the model.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).eval()
        self.decay = decay
        for parameter in self.model.parameters():
            parameter.requires_grad = False

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after update `step`; early on the average follows faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs.to(mine.dtype), 1 - decay)
            else:
                mine.copy_(theirs)

    @torch.no_grad()
    def take_buffers(self, model: nn.Module) -> None:
        """Take over the batch statistics of `model` as they are."""
        for mine, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)


def freeze_norms(model: nn.Module) -> None:
    """Let batch normalisation use its running statistics and leave them; scale and shift go on learning."""
    for module in model.modules():
        if isinstance(module, _NORMS):
            module.eval()


@torch.no_grad()
def steady_norms(
    model: nn.Module, batches: Iterable[Tensor], device: torch.device, *, bf16: bool, framed: bool = False
) -> None:
    """Replace the running statistics of batch normalisation by their plain mean over `batches`.

    The running ones remember only the last few patches, and a patch of liver is no patch of lung.

    Args:
        model: In training mode.
        batches: (B, 1, D, H, W) intensities.
        device: Of the model.
        bf16: Compute as in training.
        framed: The batches hold slices more on either side, and the network is told so.
    """
    given = {"framed": True} if framed else {}
    norms = [m for m in model.modules() if isinstance(m, _NORMS)]
    before = [m.momentum for m in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        for x in batches:
            model(x.to(device, memory_format=torch.channels_last_3d), **given)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
