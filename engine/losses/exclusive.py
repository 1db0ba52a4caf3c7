"""Cross entropy over classes that exclude one another, background among them.

*Source*: Residual Attention U-Net: −mean over voxels of Σ_c y_c log p_c with four classes. (The paper's formula
lacks the sum over the pixels, and its text the softmax this loss needs.)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.losses.target import Target


class ExclusiveCrossEntropy(nn.Module):
    """Softmax cross entropy of K + 1 outputs, the first being "none of the labels".

    Where labels overlap the later one counts: lesions lie over lungs. What was not drawn in a sample is no
    background there: in its voxels without a label the loss asks only that *some* class among background and
    the labels not drawn is found.
    """

    def forward(self, logits: Tensor, target: Target) -> Tensor:
        """Return the loss of logits (B, K + 1, D, H, W), a scalar in fp32; 0 where nothing is known."""
        log_p = torch.log_softmax(logits.float(), dim=1)
        drawn = target.annotated.float()[:, :, *(None,) * (logits.dim() - 2)]
        labels = target.labels.float() * drawn
        order = torch.arange(1, labels.shape[1] + 1, device=labels.device).view(1, -1, *(1,) * (logits.dim() - 2))
        found = (labels * order).amax(dim=1, keepdim=True).long()  # 0 where nothing drawn lies
        picked = log_p.gather(1, found)
        silent = torch.cat([torch.ones_like(drawn[:, :1]), 1 - drawn], dim=1)  # background and what was not drawn
        open_to = torch.logsumexp(log_p + torch.log(silent), dim=1, keepdim=True)
        each = -torch.where(found == 0, open_to, picked)
        known = torch.ones_like(each) if target.valid is None else target.valid.float().expand_as(each)
        known = known * (target.annotated.sum(dim=1) > 0).float().view(-1, *(1,) * (each.dim() - 1))
        return (each * known).sum() / known.sum().clamp(min=1)
