"""Cross entropy over classes that exclude one another, background among them.

*Source*: Residual Attention U-Net: −mean over voxels of Σ_c y_c log p_c with four classes. (The paper's formula
lacks the sum over the pixels, and its text the softmax this loss needs.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.losses.across import together
from engine.losses.target import Target


class ExclusiveCrossEntropy(nn.Module):
    """Softmax cross entropy of K + 1 outputs, the first being "none of the labels"; or of several such groups.

    Where labels overlap the later one counts: lesions lie over lungs. What was not drawn in a sample is no
    background there: in its voxels without a label the loss asks only that *some* class among background and
    the labels not drawn is found; where several labels were drawn as one, some class of these.

    Args:
        groups: Labels that exclude one another, each group with an output for "none" first; all in one if None.
    """

    def __init__(self, *, groups: Sequence[Sequence[int]] | None = None) -> None:
        super().__init__()
        self.groups = None if groups is None else tuple(tuple(g) for g in groups)

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K + groups, D, H, W), a scalar in fp32; 0 where nothing is known."""
        groups = self.groups or (tuple(range(target.labels.shape[1])),)
        total, first = logits.new_zeros((), dtype=torch.float32), 0
        for group in groups:
            total = total + _of_group(logits[:, first : first + len(group) + 1], target, group)
            first += len(group) + 1
        return total / len(groups)


def _of_group(logits: Tensor, target: Target, group: Sequence[int]) -> Tensor:
    log_p = torch.log_softmax(logits.float(), dim=1)
    allowed, known = _allowed(target, list(group))
    each = -torch.logsumexp(log_p + torch.log(allowed), dim=1, keepdim=True)
    if target.valid is not None:
        known = known * target.valid.float()
    known = known.expand_as(each)
    return together((each * known).sum()) / together(known.sum()).clamp(min=1)


def _allowed(target: Target, members: list[int]) -> tuple[Tensor, Tensor]:
    """Return which classes each voxel may have, (B, 1 + members, …) 0 or 1, and which samples say anything at all."""
    labels = target.labels.float()[:, members]
    flat = (1,) * (labels.dim() - 2)
    drawn = target.annotated.float()[:, members].view(*labels.shape[:2], *flat)
    place = torch.arange(1, len(members) + 1, device=labels.device).view(1, -1, *flat)
    found = (labels * drawn * place).amax(dim=1, keepdim=True).long()  # the later label counts; 0 where none lies
    sure = torch.zeros_like(torch.cat([labels[:, :1], labels], dim=1)).scatter(1, found, 1.0)
    silent = torch.cat([torch.ones_like(drawn[:, :1]), 1 - drawn], dim=1)
    allowed = torch.where(found > 0, sure, silent.expand_as(sure))
    known = (drawn.sum(dim=1, keepdim=True) > 0).float()
    if target.union is None or target.union_known is None or not set(target.union_of) <= set(members):
        return allowed, known
    together = target.union_known.float().view(-1, 1, *flat)
    inside = torch.zeros(1 + len(members), device=labels.device)
    inside[[1 + members.index(i) for i in target.union_of]] = 1
    inside = inside.view(1, -1, *flat)
    # in the common mask one of its labels, whatever lies beneath; beyond it anything but these
    told = torch.where(target.union > 0, inside.expand_as(allowed), allowed * (1 - inside))
    return torch.where(together > 0, told, allowed), torch.maximum(known, together)
