"""Tversky and focal Tversky loss, per label: what is missed may cost more than what is too much.

*Source*: AU-Net eqs 6–8 after Salehi et al. and Abraham & Khan. The letters α and β have changed places between
papers, so the weights are called by what they weigh. The exponent is **1/γ**, γ in [1, 3]: other papers that write
(1 − TI)^γ mean another loss by the same γ.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.losses.across import together
from engine.losses.target import Target, channels

_LEAST = 1e-6
"""The slope of x^(1/γ) has no bound at 0."""


class TverskyLoss(nn.Module):
    """1 − TI with TI = (Σpy + ε) / (Σpy + a Σ(1−p)y + b Σp(1−y) + ε), sums over the batch, mean over known labels.

    Args:
        fn_weight: a, of what is missed. With a = b = 0.5 it is Dice.
        fp_weight: b, of what is too much.
        epsilon: ε; an empty label left empty costs nothing.
        gamma: γ; above 1 labels that are nearly right still teach.
    """

    def __init__(
        self, *, fn_weight: float = 0.7, fp_weight: float = 0.3, epsilon: float = 1.0, gamma: float = 1.0
    ) -> None:
        super().__init__()
        self.fn_weight, self.fp_weight = fn_weight, fp_weight
        self.epsilon, self.gamma = epsilon, gamma

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K, D, H, W), a scalar in fp32; 0 where nothing is known."""
        rows = channels(logits, target)
        known = rows.known[:, :, None] * rows.weight
        p = torch.sigmoid(rows.logits)
        hit = together((p * rows.truth * known).sum(dim=(0, 2)))
        missed = together(((1 - p) * rows.truth * known).sum(dim=(0, 2)))
        extra = together((p * (1 - rows.truth) * known).sum(dim=(0, 2)))
        index = (hit + self.epsilon) / (hit + self.fn_weight * missed + self.fp_weight * extra + self.epsilon)
        loss = 1 - index
        if self.gamma != 1:
            loss = loss.clamp(min=_LEAST) ** (1 / self.gamma)
        counts = (together(rows.known.sum(dim=0)) > 0).float()
        return (loss * counts).sum() / counts.sum().clamp(min=1)


class FocalTverskyLoss(TverskyLoss):
    """(1 − TI)^(1/γ) with AU-Net's values: 0.7, 0.3, γ = 4/3."""

    def __init__(
        self, *, fn_weight: float = 0.7, fp_weight: float = 0.3, epsilon: float = 1.0, gamma: float = 4 / 3
    ) -> None:
        super().__init__(fn_weight=fn_weight, fp_weight=fp_weight, epsilon=epsilon, gamma=gamma)
