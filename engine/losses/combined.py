"""Dice and cross entropy together, and the same on the auxiliary outputs of deep supervision."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from engine.losses.cross_entropy import CrossEntropyLoss
from engine.losses.dice import DiceLoss
from engine.losses.target import Target


class CombinedLoss(nn.Module):
    """Dice + cross entropy with weights, 1 : 1 by default.

    Labels the batch does not hold are left to the cross entropy (:class:`DiceLoss` says why).

    *Source*: nnU-Net v2; Dice sees shape and is blind to certainty, cross entropy the reverse.
    """

    def __init__(self, *, dice: float = 1.0, cross_entropy: float = 1.0, positive_weight: float = 1.0) -> None:
        super().__init__()
        self.dice_weight = dice
        self.cross_entropy_weight = cross_entropy
        self.dice = DiceLoss(absent=False)
        self.cross_entropy = CrossEntropyLoss(positive_weight=positive_weight)

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K, D, H, W), a scalar in fp32."""
        return self.dice_weight * self.dice(logits, target) + self.cross_entropy_weight * self.cross_entropy(
            logits, target
        )


def deep(loss: nn.Module, outputs: Sequence[Tensor], target: Target) -> Tensor:
    """Return the loss over outputs of falling resolution, weights 1, ½, ¼ … normalised, the coarsest dropped.

    Args:
        loss: Of one output.
        outputs: (B, K, …) logits, the finest first; a single one is simply passed on.
        target: Of the finest size; the coarser ones are compared with its nearest voxels.
    """
    used = outputs[:-1] if len(outputs) > 2 else outputs
    weights = [0.5**i for i in range(len(used))]
    total = outputs[0].new_zeros((), dtype=outputs[0].float().dtype)
    for dropped in outputs[len(used) :]:  # several processes wait for a gradient of every weight, if it is nought
        total = total + 0 * dropped.float().mean()
    for weight, output in zip(weights, used, strict=True):
        total = total + weight / sum(weights) * loss(output, _shrunk(target, tuple(output.shape[2:])))
    return total


def _shrunk(target: Target, size: tuple[int, ...]) -> Target:
    if tuple(target.labels.shape[2:]) == size:
        return target
    parts = {
        name: None if value is None else F.interpolate(value.float(), size=size, mode="nearest")
        for name in ("labels", "valid", "union")
        for value in (getattr(target, name),)
    }
    labels = parts["labels"]
    return Target(
        labels if labels is not None else target.labels,
        target.annotated,
        parts["valid"],
        parts["union"],
        target.union_of,
        target.union_known,
    )
