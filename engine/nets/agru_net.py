"""AGRU-Net: a U-Net of recurrent convolutions whose skips pass through attention gates.

*Source*: Chen and Kim, "Attention Gated Recurrent U-Net for CT Image Segmentation of COVID-19 Lung Infection
Region", eqs 1–4. At base 32: widths 32, 64, 128, 256, 512, 15 717 949 parameters at K = 1,
17.0 GFLOP at 128×128. Where the paper is silent or cannot be meant as written:

- *Recurrence*: two kernels, as in eq. 1: W_f on what comes in, once, and W_r on the state, at every step.
- *Steps*: t = 2: x₀ = R(N₀(W_f u + b)), x_t = R(N_t(W_f u + b + W_r x_{t−1})).
- *Normalisation*: none is given; one batch normalisation per step, as the steps' statistics differ.
- *Stages*: each of the two convolutions of a U-Net stage becomes a recurrent one.
- *Gates*: led by the deconvolved map at the skip's own resolution; `gate="coarse"` is Oktay et al.'s reading, led
  by the coarser map, enlarged inside the gate.
- *Width*: not given; base 32 fits "fewer parameters" than a U-Net, base 64 would be twice one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import Grid3, NormKind
from engine.nets.gate import AttentionGate, open_gates
from engine.nets.layers import Dims, conv, norm
from engine.nets.u_shape import UShape, UShapeArch


class RecurrentConv(nn.Module):
    """RCL: one convolution of the input, then its result corrected by what was there a step before.

    Args:
        dims: 2 or 3.
        inputs: Channels in.
        outputs: Channels out.
        kind: Normalisation.
        steps: t of the paper; 0 is a plain convolution.
    """

    def __init__(self, dims: Dims, inputs: int, outputs: int, kind: NormKind, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.feed = conv(dims, inputs, outputs, bias=True)
        self.recur = conv(dims, outputs, outputs)
        self.norms = nn.ModuleList(norm(dims, kind, outputs) for _ in range(steps + 1))

    def forward(self, u: Tensor) -> Tensor:
        """Return (B, outputs, …) of `u` (B, inputs, …)."""
        fed = self.feed(u)
        x = F.relu(self.norms[0](fed), inplace=True)
        for step in range(1, self.steps + 1):
            x = F.relu(self.norms[step](fed + self.recur(x)), inplace=True)
        return x


def _stage(dims: Dims, kind: NormKind, steps: int, inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        RecurrentConv(dims, inputs, outputs, kind, steps), RecurrentConv(dims, outputs, outputs, kind, steps)
    )


@dataclass(frozen=True)
class AgruNetArch(UShapeArch):
    """What it takes to build AGRU-Net again.

    Args:
        steps: t, how often the state is fed back.
        gate: ``"fine"``, ``"coarse"`` or ``"off"`` (the paper's ablation).
    """

    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    patch: Grid3 = (1, 128, 128)
    steps: int = 2
    gate: Literal["fine", "coarse", "off"] = "fine"

    def checks(self) -> tuple[tuple[bool, str], ...]:
        """Return what must hold."""
        return (
            *super().checks(),
            (self.steps >= 1, f"{self.steps} steps are no recurrence"),
            (self.gate in {"fine", "coarse", "off"}, f"gate “{self.gate}” is unknown"),
        )


class AgruNet(UShape):
    """The network; see the module's text."""

    Arch: ClassVar[type[UShapeArch]] = AgruNetArch

    def __init__(self, arch: AgruNetArch | None = None) -> None:
        arch = arch or AgruNetArch()
        super().__init__(arch, partial(_stage, self.dims, arch.norm, arch.steps))
        guides = arch.widths[1:] if arch.gate == "coarse" else arch.widths[:-1]
        gated = () if arch.gate == "off" else zip(arch.widths, guides, strict=False)
        self.gates = nn.ModuleList(AttentionGate(self.dims, w, g, arch.norm) for w, g in gated)
        self.initialise()
        open_gates(self)

    def join(self, level: int, skip: Tensor, x: Tensor) -> Tensor:
        """Return the gated map beside the enlarged one."""
        up = self.up[level](x)
        gate = cast(AgruNetArch, self.arch).gate
        if gate != "off":
            skip = self.gates[level](skip, x if gate == "coarse" else up)
        return torch.cat([skip, up], dim=1)
