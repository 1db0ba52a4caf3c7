"""Cross entropy and Dice that count borders more.

*Source*: AGRU-Net eqs 5–7. The paper does not say what its weights w are; the widely copied recipe of the same
name is taken: where the mean of the truth over 11×11 pixels of a 128×128 slice lies between 0.005 and 0.995 there
is a border, w = 1 + 2 · border, rescaled to a mean of 1. (The paper's sums are missing; without them w would
cancel in its Dice.)
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.losses.across import together
from engine.losses.target import Target, channels

_WINDOW, _AT = 11, 128
_NONE, _ALL = 0.005, 0.995


class WeightedBceDiceLoss(nn.Module):
    """mean(−w [β y log p + (1−y) log(1−p)]) + 1 − (2Σwpy + 1) / (Σwp + Σwy + 1), mean over known labels.

    Args:
        positive_weight: β; above 1 favours sensitivity.
        border: How much more a border counts.
    """

    def __init__(self, *, positive_weight: float = 1.0, border: float = 2.0) -> None:
        super().__init__()
        self.positive_weight = positive_weight
        self.border = border

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K, D, H, W), a scalar in fp32; 0 where nothing is known."""
        rows = channels(logits, target)
        truth = target.labels.float()
        if rows.truth.shape[1] > truth.shape[1] and target.union is not None:
            truth = torch.cat([truth, target.union.float()], dim=1)
        known = (rows.known[:, :, None] * rows.weight).expand_as(rows.logits)
        w = border_weights(truth, self.border).flatten(2) * known
        voxels = together(known.sum(dim=(0, 2))).clamp(min=1)
        w = w * (voxels / together(w.sum(dim=(0, 2))).clamp(min=1e-6))[None, :, None]
        beta = rows.logits.new_tensor(self.positive_weight)
        each = F.binary_cross_entropy_with_logits(rows.logits, rows.truth, pos_weight=beta, reduction="none")
        entropy = together((w * each).sum(dim=(0, 2))) / voxels
        p = torch.sigmoid(rows.logits)
        both = together((w * p * rows.truth).sum(dim=(0, 2)))
        total = together((w * (p + rows.truth)).sum(dim=(0, 2)))
        dice = 1 - (2 * both + 1) / (total + 1)
        counts = (together(rows.known.sum(dim=0)) > 0).float()
        return ((entropy + dice) * counts).sum() / counts.sum().clamp(min=1)


def border_weights(truth: Tensor, border: float) -> Tensor:
    """Return 1 inside and outside, 1 + `border` near a border within the slice.

    Args:
        truth: (B, K, D, H, W) or (B, K, H, W), 0 or 1.
        border: What is added.
    """
    size = truth.shape[-1]
    window = max(3, round(_WINDOW * size / _AT) // 2 * 2 + 1)
    planes = truth.reshape(-1, 1, *truth.shape[-2:])
    mean = F.avg_pool2d(planes, window, stride=1, padding=window // 2, count_include_pad=False).reshape(truth.shape)
    return 1 + border * ((mean > _NONE) & (mean < _ALL)).to(truth.dtype)
