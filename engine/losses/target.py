"""What a network should have said, and where that is known at all."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Target:
    """Truth of a batch.

    Args:
        labels: (B, K, D, H, W) 0 or 1, float.
        annotated: (B, K) 1 where label k was drawn in sample b, else 0: such channels cost nothing.
        valid: (B, 1, D, H, W) 1 where the truth is known (annotated slices, no padding), or None for everywhere.
        union: (B, 1, D, H, W) mask of several labels together ("infection"), or None.
        union_of: Channels whose union it is.
        union_known: (B,) 1 where sample b has that mask.
    """

    labels: Tensor
    annotated: Tensor
    valid: Tensor | None = None
    union: Tensor | None = None
    union_of: tuple[int, ...] = ()
    union_known: Tensor | None = None

    def to(self, device: torch.device) -> Target:
        """Return the target on `device`."""
        moved = {
            name: None if value is None else value.to(device, non_blocking=True)
            for name in ("valid", "union", "union_known")
            for value in (getattr(self, name),)
        }
        return Target(self.labels.to(device), self.annotated.to(device), union_of=self.union_of, **moved)


@dataclass(frozen=True)
class Channels:
    """Probabilities beside truth, one row a channel and sample, ready to be summed.

    Args:
        logits: (B, K', V) fp32.
        truth: (B, K', V) fp32.
        weight: (B, K', V) fp32, 0 where nothing is known; broadcastable.
        known: (B, K') 1 where the channel counts.
    """

    logits: Tensor
    truth: Tensor
    weight: Tensor
    known: Tensor


def channels(logits: Tensor, target: Target) -> Channels:
    """Return logits and truth as rows in fp32, with one more row for the union where a sample has one.

    The union's probability is 1 − Π(1 − p); its logit follows from the sum of log(1 − p), without
    ever forming a probability that rounds to 0 or 1.

    Args:
        logits: (B, K, D, H, W), any floating type.
        target: Of the same batch.
    """
    rows = logits.float().flatten(2)
    truth = target.labels.float().flatten(2)
    known = target.annotated.float()
    weight = torch.ones_like(rows[:, :1]) if target.valid is None else target.valid.float().flatten(2)
    if target.union is not None and target.union_known is not None:
        none = -torch.nn.functional.softplus(rows[:, list(target.union_of)]).sum(dim=1, keepdim=True)
        any_of_them = torch.log(-torch.expm1(none.clamp(max=-1e-6))) - none
        rows = torch.cat([rows, any_of_them], dim=1)
        truth = torch.cat([truth, target.union.float().flatten(2)], dim=1)
        known = torch.cat([known, target.union_known.float()[:, None]], dim=1)
    return Channels(rows, truth, weight, known)
