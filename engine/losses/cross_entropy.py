"""Binary cross entropy, per label."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.losses.across import together
from engine.losses.target import Target, channels


class CrossEntropyLoss(nn.Module):
    """Mean of −[β y log p + (1 − y) log(1 − p)] over the known voxels, then over the known labels.

    Args:
        positive_weight: β; above 1 favours sensitivity.
    """

    def __init__(self, *, positive_weight: float = 1.0) -> None:
        super().__init__()
        self.positive_weight = positive_weight

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K, D, H, W), a scalar in fp32; 0 where nothing is known."""
        rows = channels(logits, target)
        known = rows.known[:, :, None] * rows.weight
        weight = rows.logits.new_tensor(self.positive_weight)
        each = F.binary_cross_entropy_with_logits(rows.logits, rows.truth, pos_weight=weight, reduction="none")
        counts = together(known.expand_as(each).sum(dim=(0, 2)))
        mean = together((each * known).sum(dim=(0, 2))) / counts.clamp(min=1)
        present = (counts > 0).float()
        return (mean * present).sum() / torch.clamp(present.sum(), min=1)
