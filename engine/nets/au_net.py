"""AU-Net: a 2-D U-Net of dilated residual blocks with channel and spatial attention at every level.

*Source*: Zhou et al., "An automatic COVID-19 CT segmentation based on U-Net with attention mechanism",
eqs 2–4. 12 390 915 parameters at K = 1, 159.2 GFLOP at 512×512; without attention 11 953 219: the paper's "U-Net".

| stage (input 1×512×512) | layers | out |
|---|---|---|
| E1 | c3-IN-L, res_dil, attention | 32×512² |
| E2 … E5 | c3 stride 2-IN-L, res_dil, attention | 64×256² … 512×32² |
| D4 … D1 | nearest ×2, c3 2C→C-IN-L, [up, skip], res_dil 2C→C, attention | 256×64² … 32×512² |
| out | c1 on D3, D2, D1; enlarged and added up | K×512² |

Where the paper is silent or cannot be meant as written: the two dilations follow one another; the trunk's
activation L is LeakyReLU 0.01, that of its reference; attention follows every res_dil and feeds both the skip
and the next level; "all convolutions are 3×3" cannot hold for heads, squeezes and shortcuts. At the bottom a
map must not be smaller than the dilated kernel: less than 128 values along an axis are padded up to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import Grid3, NormKind
from engine.nets.layers import Dims, conv, initialise, norm, start_rare
from engine.nets.sizes import cropped, padded
from engine.nets.slices import over_slices
from engine.nets.u_shape import UShapeArch

_LEAST = 128
_SLOPE = 0.01


class ChannelSpatialAttention(nn.Module):
    """Z_f = σ(ĝ)·Z + σ(q)·Z: a gain per channel and a gain per place, together between 0 and 2.

    g_k = mean of Z_k, ĝ = W₁ ReLU(W₂ g), W₂: n → n/2, W₁: n/2 → n; q = w_s·Z. No biases.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = conv(2, channels, channels // 2, 1)
        self.excite = conv(2, channels // 2, channels, 1)
        self.place = conv(2, channels, 1, 1)

    def gains(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return σ(ĝ) (B, C, 1, 1) and σ(q) (B, 1, H, W), each in [0, 1]."""
        mean = z.mean(dim=(2, 3), keepdim=True)
        return torch.sigmoid(self.excite(F.relu(self.squeeze(mean)))), torch.sigmoid(self.place(z))

    def forward(self, z: Tensor) -> Tensor:
        """Return (B, C, H, W)."""
        by_channel, by_place = self.gains(z)
        return z * (by_channel + by_place)


class DilatedResidual(nn.Module):
    """res_dil: L(c3 dilation 4-IN(c3 dilation 2-IN-L(x)) + x); the shortcut is c1-IN where the widths differ."""

    def __init__(self, inputs: int, outputs: int, kind: NormKind) -> None:
        super().__init__()
        self.conv1 = conv(2, inputs, outputs, dilation=2)
        self.norm1 = norm(2, kind, outputs)
        self.conv2 = conv(2, outputs, outputs, dilation=4)
        self.norm2 = norm(2, kind, outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(conv(2, inputs, outputs, 1), norm(2, kind, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H, W)."""
        y = F.leaky_relu(self.norm1(self.conv1(x)), _SLOPE)
        return F.leaky_relu(self.norm2(self.conv2(y)) + self.shortcut(x), _SLOPE)


@dataclass(frozen=True)
class AuNetArch(UShapeArch):
    """What it takes to build AU-Net again.

    Args:
        attention: False is the paper's ablation without attention.
    """

    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    norm: NormKind = "in"
    attention: bool = True

    def checks(self) -> tuple[tuple[bool, str], ...]:
        """Return what must hold."""
        return (*super().checks(), (len(self.widths) >= 4, "it needs four levels or more for its three heads"))


class AuNet(nn.Module):
    """The network; see the module's text."""

    Arch: ClassVar[type[UShapeArch]] = AuNetArch
    arch_version: ClassVar[int] = 1
    dims: ClassVar[Dims] = 2

    def __init__(self, arch: AuNetArch | None = None) -> None:
        super().__init__()
        self.arch = arch = arch or AuNetArch()
        widths, kind = arch.widths, arch.norm

        def entry(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
            return nn.Sequential(
                conv(2, inputs, outputs, stride=stride), norm(2, kind, outputs), nn.LeakyReLU(_SLOPE, inplace=True)
            )

        def attention(channels: int) -> nn.Module:
            return ChannelSpatialAttention(channels) if arch.attention else nn.Identity()

        def stage(inputs: int, outputs: int) -> nn.Module:
            return nn.Sequential(DilatedResidual(inputs, outputs, kind), attention(outputs))

        self.entries = nn.ModuleList([entry(arch.in_channels, widths[0])])
        self.entries.extend(entry(a, b, 2) for a, b in pairwise(widths))
        self.encoder = nn.ModuleList(stage(w, w) for w in widths)
        self.up = nn.ModuleList(entry(b, a) for a, b in pairwise(widths))
        self.decoder = nn.ModuleList(stage(2 * a, a) for a in widths[:-1])
        self.heads = nn.ModuleList(conv(2, w, arch.out_channels, 1, bias=True) for w in widths[:3])
        initialise(self, self.heads[0], arch.prior)
        for head in list(self.heads)[1:]:  # the three are added up: one of them carries the start
            start_rare(head, 0.5)

    @property
    def required_multiple(self) -> Grid3:
        """The input is padded up to a multiple of this, (z, y, x)."""
        n = 2 ** (len(self.arch.widths) - 1)
        return 1, n, n

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, K, H, W) of `x` (B, C, H, W); any size; of a volume slice by slice."""
        return over_slices(self._through, x)

    def _through(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        x = padded(x, self.required_multiple[1:], (_LEAST, _LEAST))
        skips: list[Tensor] = []
        for entry, stage in zip(self.entries, self.encoder, strict=True):
            x = stage(entry(x))
            skips.append(x)
        skips.pop()
        out: Tensor | None = None
        for level in range(len(skips) - 1, -1, -1):
            up = self.up[level](F.interpolate(x, scale_factor=2.0, mode="nearest"))
            x = self.decoder[level](torch.cat([up, skips[level]], dim=1))
            if level < len(self.heads):
                here = self.heads[level](x)
                out = here if out is None else here + _twice(out)
        return cropped(out if out is not None else x, size)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
