"""Soft Dice of a batch, per label."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.losses.across import together
from engine.losses.target import Target, channels


class DiceLoss(nn.Module):
    """1 − (2Σpy + ε) / (Σp + Σy + ε), sums over the voxels of the whole batch, mean over known labels.

    Per-sample Dice on patches without the label is noise, so the batch is summed first; `per_sample`
    brings it back. With ε = 1 an empty label predicted empty costs nothing.

    `absent` says whether a label that the batch does not hold counts. Where Dice stands alone it must, or
    nothing forbids false finds. Beside a cross entropy it must not: an output that has grown faint (Σp of a
    few voxels) is then pushed down by every batch without its label, by ε / (Σp + ε)² a voxel, and pulled
    up by those with it by 2 / Σy only: a rare label dies and nothing brings it back.

    *Source*: RA-UNet eq. 3 after V-Net; `squared` is V-Net's own denominator Σp² + Σy².
    """

    def __init__(
        self, *, epsilon: float = 1.0, squared: bool = False, per_sample: bool = False, absent: bool = True
    ) -> None:
        super().__init__()
        self.absent = absent
        self.epsilon = epsilon
        self.squared = squared
        self.per_sample = per_sample

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K, D, H, W), a scalar in fp32; 0 where nothing is known."""
        rows = channels(logits, target)
        known = rows.known[:, :, None] * rows.weight
        p = torch.sigmoid(rows.logits)
        power = 2 if self.squared else 1
        both = (p * rows.truth * known).sum(dim=2)
        total = ((p**power + rows.truth**power) * known).sum(dim=2)
        counts, drawn = rows.known, (rows.truth * known).sum(dim=2)
        if not self.per_sample:
            both, total, drawn = (together(part.sum(dim=0)) for part in (both, total, drawn))
            counts = (together(rows.known.sum(dim=0)) > 0).float()
        if not self.absent:
            counts = counts * (drawn > 0)
        loss = 1 - (2 * both + self.epsilon) / (total + self.epsilon)
        return (loss * counts).sum() / counts.sum().clamp(min=1)
