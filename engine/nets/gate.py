"""Attention gate: which places of the way down are worth passing on.

*Source*: AGRU-Net eqs 3–4, after Oktay et al.: q = ψᵀ σ₁(W_m m + W_g g + b_g) + b_ψ, a = σ₂(q), out = a · m,
with σ₁ = ReLU and σ₂ = sigmoid; one coefficient per place, shared by the channels.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import NormKind
from engine.nets.layers import Dims, conv, norm

_OPEN = 2.0
"""First b_ψ: a gate starts at σ(2) = 0.88, nearly open, so that nothing is lost before it has learned."""


class AttentionGate(nn.Module):
    """The gate; inside it are half as many channels, normalised after each c1 as Oktay et al. do.

    Args:
        dims: 2 or 3.
        channels: Of the map that is gated.
        guide: Channels of the map that decides.
        kind: Normalisation.
    """

    def __init__(self, dims: Dims, channels: int, guide: int, kind: NormKind) -> None:
        super().__init__()
        inside = max(1, channels // 2)
        self.map = nn.Sequential(conv(dims, channels, inside, 1, bias=True), norm(dims, kind, inside))
        self.guide = nn.Sequential(conv(dims, guide, inside, 1, bias=True), norm(dims, kind, inside))
        self.psi = nn.Sequential(conv(dims, inside, 1, 1, bias=True), norm(dims, kind, 1))

    def start_open(self) -> None:
        """Let the gate start nearly open: after the weights were drawn.

        The normalisation after ψ takes away any constant its convolution adds, so b_ψ is the shift of that
        normalisation.
        """
        nn.init.constant_(cast(Tensor, self.psi[1].bias), _OPEN)

    def coefficients(self, skip: Tensor, guide: Tensor) -> Tensor:
        """Return a (B, 1, …), each in [0, 1].

        Args:
            skip: (B, channels, …).
            guide: (B, guide, …), of the same size or coarser; the coarser one is enlarged linearly.
        """
        signal = self.guide(guide)
        if signal.shape[2:] != skip.shape[2:]:
            mode = "bilinear" if skip.dim() == 4 else "trilinear"
            signal = F.interpolate(signal, size=skip.shape[2:], mode=mode, align_corners=False)
        return torch.sigmoid(self.psi(F.relu(self.map(skip) + signal)))

    def forward(self, skip: Tensor, guide: Tensor) -> Tensor:
        """Return `skip` times its coefficients."""
        return skip * self.coefficients(skip, guide)


def open_gates(model: nn.Module) -> None:
    """Let all gates of a network start nearly open."""
    for module in model.modules():
        if isinstance(module, AttentionGate):
            module.start_open()
