"""Attention U-Net, two dimensions: a U-Net whose skips pass through gates.

*Source*: Oktay et al., "Attention U-Net: Learning Where to Look for the Pancreas"; the gate is that of
:mod:`engine.nets.gate`, led by the deconvolved map. 31 388 013 parameters at K = 1; 24.6 GFLOP at 128×128.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from engine.nets.gate import AttentionGate, open_gates
from engine.nets.layers import DoubleConv
from engine.nets.u_shape import UShape, UShapeArch


class AttUnet2d(UShape):
    """U-Net with an attention gate on each skip."""

    def __init__(self, arch: UShapeArch | None = None) -> None:
        arch = arch or UShapeArch()
        super().__init__(arch, partial(DoubleConv, self.dims, kind=arch.norm))
        self.gates = nn.ModuleList(AttentionGate(self.dims, w, w, arch.norm) for w in arch.widths[:-1])
        self.initialise()
        open_gates(self)

    def join(self, level: int, skip: Tensor, x: Tensor) -> Tensor:
        """Return the gated map beside the enlarged one."""
        up = self.up[level](x)
        return torch.cat([self.gates[level](skip, up), up], dim=1)
