"""Residual U-Net, two dimensions.

*Source*: Zhang et al., "Road Extraction by Deep Residual U-Net": pre-activation blocks BN-R-c3 twice with a c1
shortcut, stride 2 instead of pooling, 64–128–256 and a bridge of 512, nearest enlargement.
8 219 713 parameters at K = 1; 22.6 GFLOP at 128×128.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import NormKind
from engine.nets.layers import Dims, conv, initialise, norm
from engine.nets.sizes import cropped, padded
from engine.nets.slices import over_slices
from engine.nets.u_shape import UShapeArch


class PreActivation(nn.Module):
    """c1-BN(x) + (BN-R-c3)²(x).

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kind: Normalisation.
        stride: Of the first convolution and the shortcut.
        first: The network's first block: its first c3 sees the image itself.
    """

    def __init__(self, inputs: int, outputs: int, kind: NormKind, stride: int = 1, *, first: bool = False) -> None:
        super().__init__()
        self.norm1 = nn.Identity() if first else nn.Sequential(norm(2, kind, inputs), nn.ReLU())
        self.conv1 = conv(2, inputs, outputs, stride=stride)
        self.norm2 = norm(2, kind, outputs)
        self.conv2 = conv(2, outputs, outputs)
        self.stride = stride
        self.shortcut = nn.Sequential(conv(2, inputs, outputs, 1, bias=True), norm(2, kind, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H/stride, W/stride)."""
        y = self.conv1(self.norm1(x))
        # a c1 of stride 2 looks at every other value; written as one, torch 2.13 writes outside its memory on the
        # way back where channels lie last and are few
        seen = x[:, :, :: self.stride, :: self.stride]
        return self.shortcut(seen) + self.conv2(F.relu(self.norm2(y), inplace=True))


@dataclass(frozen=True)
class ResUnet2dArch(UShapeArch):
    """What it takes to build it again; the last width is the bridge's."""

    widths: tuple[int, ...] = (64, 128, 256, 512)


class ResUnet2d(nn.Module):
    """The network; see the module's text."""

    Arch: ClassVar[type[UShapeArch]] = ResUnet2dArch
    arch_version: ClassVar[int] = 1
    dims: ClassVar[Dims] = 2

    def __init__(self, arch: ResUnet2dArch | None = None) -> None:
        super().__init__()
        self.arch = arch = arch or ResUnet2dArch()
        widths, kind = arch.widths, arch.norm
        self.encoder = nn.ModuleList([PreActivation(arch.in_channels, widths[0], kind, first=True)])
        self.encoder.extend(PreActivation(a, b, kind, 2) for a, b in pairwise(widths))
        self.decoder = nn.ModuleList(PreActivation(a + b, a, kind) for a, b in pairwise(widths))
        self.head = conv(2, widths[0], arch.out_channels, 1, bias=True)
        initialise(self, self.head, arch.prior)

    @property
    def required_multiple(self) -> tuple[int, int, int]:
        """The input is padded up to a multiple of this, (z, y, x)."""
        n = 2 ** (len(self.arch.widths) - 1)
        return 1, n, n

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, K, H, W) of `x` (B, C, H, W); any size; of a volume slice by slice."""
        return over_slices(self._through, x)

    def _through(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        x = padded(x, self.required_multiple[1:])
        skips: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        skips.pop()
        for stage, skip in zip(reversed(self.decoder), reversed(skips), strict=True):
            x = stage(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], dim=1))
        return cropped(self.head(x), size)
