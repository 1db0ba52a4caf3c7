"""RA-UNet: a 3-D residual U-Net with one residual-attention block in the decoder.

*Source*: Zeng et al., "Medical Image Segmentation of COVID-19 Based on Deep Learning".

| stage (input 1×32×192×192) | layers | out |
|---|---|---|
| stem | c3-N-R 1→16 | 16×32×192×192 |
| E1 | 2 × Res(16) | 16×32×192×192 |
| down1, E2 | c3 stride 2-N-R 16→32, 2 × Res(32) | 32×16×96×96 |
| down2, E3 | c3 stride 2-N-R 32→64, 2 × Res(64) | 64×8×48×48 |
| down3, E4 | c3 stride 2-N-R 64→128, 2 × Res(128) | 128×4×24×24 |
| down4, E5 | c3 stride 2-N-R 128→256, 2 × Res(256) | 256×2×12×12 |
| D4 | c1, up ×2, [up, E4], Res(256→128), **RA(128, 32 inside)** | 128×4×24×24 |
| D3 | c1, up ×2, [up, E3], Res(128→64) | 64×8×48×48 |
| D2 | c1, up ×2, [up, E2], Res(64→32) | 32×16×96×96 |
| D1 | c1, up ×2, [up, E1], Res(32→16) | 16×32×192×192 |
| out | c1 16→K, bias | K×32×192×192 logits |

12 473 009 parameters at K = 1 with either normalisation, 230 GFLOP. Where the paper is silent or cannot be
meant as written:

- *Levels*: five resolutions, as the widths listed are five and 32 slices survive four halvings only.
- *RA position*: "the penultimate layer" is counted by depth, as the paper counts the encoder: 1/8 resolution.
  The other reading (half resolution) needs a matrix of 87 GB a sample; it is `ra_level=2`, exact all the same.
- *Up-sampling*: trilinear, the 1×1×1 convolution first (the same function, an eighth of the cost).
- *Scale*: (q·k + q·p)/√d, one softmax argument. *Heads*: one. *Width inside RA*: C/4 as in ResNet-50.
- *Code of position*: three learned vectors indexed absolutely, as drawn, though called "relative".
- *Normalisation*: not stated; `norm` chooses. Batch normalisation folds away at inference and is the faster
  one; instance normalisation is the steadier one to fine-tune with a batch of one.
- *First bias*: −log((1 − π)/π) with π = 0.01, so that training starts from "nearly nothing is lesion".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from engine.core.errors import ModelError
from engine.nets.attention3d import ResidualAttention
from engine.nets.blocks import ConvNormRelu, Grid3, NormKind, PositionKind, ResidualBlock, UpProject
from engine.nets.sizes import cropped, padded, up_to


@dataclass(frozen=True)
class RaUnet3dArch:
    """What it takes to build the network again.

    Args:
        in_channels: 1 for CT.
        out_channels: K, one logit a label.
        widths: Channels per level, finest first.
        blocks: Residual blocks per encoder level.
        norm: ``"in"`` or ``"bn"``.
        ra_level: Decoder level with the RA block, counted by depth: 4, 3, 2; 0 for none.
        ra_reduction: Channels of that level over channels inside RA.
        heads: Attention heads.
        pos: Code of position: ``"axial"``, ``"relative"``, ``"none"``.
        patch: (D, H, W) of a training window; sets the size of the code of position.
        down_strides: Stride of each of the four reductions; (1, 2, 2) keeps thick slices.
        deep_supervision: Auxiliary heads on D2, D3, D4, in training only.
        prior: π of the first output bias.
    """

    in_channels: int = 1
    out_channels: int = 1
    widths: tuple[int, ...] = (16, 32, 64, 128, 256)
    blocks: int = 2
    norm: NormKind = "in"
    ra_level: int = 4
    ra_reduction: int = 4
    heads: int = 1
    pos: PositionKind = "axial"
    patch: Grid3 = (32, 192, 192)
    down_strides: tuple[Grid3, ...] = ((2, 2, 2),) * 4
    deep_supervision: bool = False
    prior: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ModelError: a value is out of its range.
        """
        levels = len(self.widths)
        inside = self.widths[self.ra_level - 1] // self.ra_reduction if 0 < self.ra_level < levels else 0
        checks = (
            (len(self.down_strides) == levels - 1, f"{levels} widths need {levels - 1} strides"),
            (self.ra_level == 0 or 2 <= self.ra_level < levels, f"ra_level {self.ra_level} is no decoder level"),
            (self.norm in {"in", "bn"}, f"norm “{self.norm}” is neither in nor bn"),
            (self.pos in {"axial", "relative", "none"}, f"pos “{self.pos}” is unknown"),
            (self.ra_level == 0 or inside >= self.heads, f"{self.heads} heads share {inside} channels"),
            (self.heads > 0 and inside % self.heads == 0, f"{inside} channels do not split into {self.heads} heads"),
            (self.out_channels > 0 and self.in_channels > 0, "the network has no channel in or out"),
            (0 < self.prior < 1, f"prior {self.prior} is not between 0 and 1"),
        )
        for good, why in checks:
            if not good:
                raise ModelError("RA-UNet cannot be built like this.", why + ".", "Correct the arguments.")

    def reduction(self, level: int) -> Grid3:
        """Return by what factor the map of `level` (1 = finest) is smaller than the input."""
        d, h, w = (math.prod(s[axis] for s in self.down_strides[: level - 1]) for axis in range(3))
        return d, h, w

    @property
    def required_multiple(self) -> Grid3:
        """The input is padded up to a multiple of this."""
        return self.reduction(len(self.widths))


class RaUnet3d(nn.Module):
    """The network; see the module's text for its stages."""

    Arch: ClassVar[type[RaUnet3dArch]] = RaUnet3dArch
    arch_version: ClassVar[int] = 1
    dims: ClassVar[int] = 3

    def __init__(self, arch: RaUnet3dArch | None = None) -> None:
        super().__init__()
        self.arch = arch = arch or RaUnet3dArch()
        widths, norm = arch.widths, arch.norm
        levels = range(1, len(widths))  # decoder levels, finest first
        self.stem = ConvNormRelu(arch.in_channels, widths[0], norm)
        self.encoder = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(w, w, norm) for _ in range(arch.blocks))) for w in widths
        )
        self.down = nn.ModuleList(
            ConvNormRelu(a, b, norm, stride) for (a, b), stride in zip(pairwise(widths), arch.down_strides, strict=True)
        )
        self.up = nn.ModuleList(UpProject(widths[i], widths[i - 1], arch.down_strides[i - 1]) for i in levels)
        self.decoder = nn.ModuleList(ResidualBlock(2 * widths[i - 1], widths[i - 1], norm) for i in levels)
        self.ra = self._make_ra() if arch.ra_level else None
        self.head = nn.Conv3d(widths[0], arch.out_channels, 1)
        self.deep_heads = nn.ModuleList(
            nn.Conv3d(w, arch.out_channels, 1) for w in (widths[1:-1] if arch.deep_supervision else ())
        )
        self._initialise()

    @property
    def required_multiple(self) -> Grid3:
        """The input is padded up to a multiple of this."""
        return self.arch.required_multiple

    def set_patch(self, patch: Grid3) -> None:
        """Make `patch` the window of the network: the code of position is stored at its size.

        A map of any other size is served as well, by interpolating at each call.
        """
        self.arch = replace(self.arch, patch=patch)
        if self.ra is not None:
            self.ra.set_grid(*_ra_grid(self.arch))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return logits (B, K, D, H, W) of `x` (B, C, D, H, W); any size of at least one voxel.

        In training with deep supervision those of :meth:`forward_deep`.
        """
        if self.training and len(self.deep_heads):
            return self.forward_deep(x)
        size = cast(Grid3, tuple(x.shape[2:]))
        finest = self._decode(padded(x, self.required_multiple), size)[0]
        return cropped(self.head(finest), size)

    def forward_deep(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return logits of D1 and, with deep supervision, of D2, D3, D4 at their own sizes (training only)."""
        size = cast(Grid3, tuple(x.shape[2:]))
        maps = self._decode(padded(x, self.required_multiple), size)
        deep = (head(m) for head, m in zip(self.deep_heads, maps[1:], strict=False))
        return cropped(self.head(maps[0]), size), *deep

    def _decode(self, x: Tensor, size: Grid3) -> list[Tensor]:
        """Return the maps of the decoder, finest first, of a padded `x` whose real part is `size`."""
        x = self.encoder[0](self.stem(x))
        skips = [x]
        for down, encoder in zip(self.down, list(self.encoder)[1:], strict=True):
            x = encoder(down(x))
            skips.append(x)
        maps: list[Tensor] = []
        for level in range(len(skips) - 1, 0, -1):
            x = torch.cat([self.up[level - 1](x), skips[level - 1]], dim=1)
            x = self.decoder[level - 1](x)
            if self.ra is not None and level == self.arch.ra_level:
                x = self.ra(x, _ceil_div(size, self.arch.reduction(level)))
            maps.insert(0, x)
        return maps

    def _make_ra(self) -> ResidualAttention:
        arch = self.arch
        return ResidualAttention(
            arch.widths[arch.ra_level - 1],
            _ra_grid(arch),
            norm=arch.norm,
            reduction=arch.ra_reduction,
            heads=arch.heads,
            position=arch.pos,
        )

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if self.ra is not None:
            nn.init.zeros_(cast(Tensor, self.ra.norm3.weight))
        for head in (self.head, *self.deep_heads):
            head = cast(nn.Conv3d, head)
            nn.init.normal_(head.weight, std=0.01)
            nn.init.constant_(cast(Tensor, head.bias), -math.log((1 - self.arch.prior) / self.arch.prior))


def _ra_grid(arch: RaUnet3dArch) -> Grid3:
    """Return the size of the RA map for the training window."""
    d, h, w = (up_to(p, m) for p, m in zip(arch.patch, arch.required_multiple, strict=True))
    return _ceil_div((d, h, w), arch.reduction(arch.ra_level))


def _ceil_div(size: Grid3, by: Grid3) -> Grid3:
    d, h, w = (-(-s // b) for s, b in zip(size, by, strict=True))
    return d, h, w
