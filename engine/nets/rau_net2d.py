"""Residual Attention U-Net: a 2-D U-Net of aggregated residual blocks with self-attention where maps are joined.

*Source*: Chen et al., "Residual Attention U-Net for Automated Multi-Class Segmentation of COVID-19 Chest CT
Images", Figs 1–3, eqs 1–3. 7 240 004 parameters at K = 4, 60.7 GFLOP at 384×384 with exact attention at 1/8 and 1/4;
with hashed attention at every joint 7 314 884, and 108.1 GFLOP in use (8 rounds), 78.2 in training (4).

Stages at 384²: E1 64×384², E2 128×192², E3 256×96², E4 512×48², E5 1024×24²; after each join, on 2C channels,
attention; D4 512×48², D3 256×96², D2 128×192², D1 64×384²; c1 to K. Where the paper is silent or cannot be
meant as written:

- *Input*: 369×369 is no multiple of 16: it is padded to 384 by repeating the edge, and cut again.
- *Cardinality*: 3 of the drawing divides none of the widths; 32, the value of its source. *Path*: three
  layers (c1, grouped c3, c1): with two, cardinality would do nothing.
- *Stem*: c3 1→64-BN-R, as a grouped block cannot start from one channel.
- *Global average pooling* "after the blocks": in line it would destroy all places; here it is a context added at
  the bottom, x + c1(mean x), inert at the start.
- *Attention*: per level ``"lsh"`` as published, ``"exact"`` or ``"off"``. Hashing pays above about 100×100 only, and at
  the two finest levels it takes twelve of the network's thirteen seconds; so exact at 1/8 and 1/4 and none
  above is the default, and four times LSH is the paper's.
- *Output*: four exclusive classes with cross entropy, not a sigmoid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.blocks import Grid3, NormKind
from engine.nets.layers import DoubleConv, conv, norm
from engine.nets.lsh_attention import AttentionKind, HashedAttention, Hashing
from engine.nets.u_shape import UShape, UShapeArch

_KINDS = ("exact", "lsh", "off")


class AggregatedBlock(nn.Module):
    """ResNeXt block: R(c1-N-R, c3 in groups-N-R, c1-N (x) + shortcut(x)), half as wide inside.

    *Source*: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks".
    """

    def __init__(self, inputs: int, outputs: int, kind: NormKind, cardinality: int) -> None:
        super().__init__()
        inside = outputs // 2
        self.path = nn.Sequential(
            conv(2, inputs, inside, 1),
            norm(2, kind, inside),
            nn.ReLU(inplace=True),
            conv(2, inside, inside, groups=cardinality),
            norm(2, kind, inside),
            nn.ReLU(inplace=True),
            conv(2, inside, outputs, 1),
            norm(2, kind, outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(conv(2, inputs, outputs, 1), norm(2, kind, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H, W)."""
        return F.relu(self.path(x) + self.shortcut(x), inplace=True)


@dataclass(frozen=True)
class RauNet2dArch(UShapeArch):
    """What it takes to build it again.

    Args:
        attention: Per level, finest first: ``"exact"``, ``"lsh"`` or ``"off"``.
        heads: Attention heads.
        attention_width: Channels of queries, keys and values, all heads together.
        chunk: Places a bucket.
        rounds: Hash rounds in training and in use.
        block: ``"aggregated"``, or ``"plain"`` for the paper's ablation without residual blocks.
        cardinality: Groups of an aggregated block.
        context: Whether the mean of the bottom map is added to it.
    """

    patch: Grid3 = (1, 384, 384)
    attention: tuple[AttentionKind, ...] = ("off", "off", "exact", "exact")
    heads: int = 4
    attention_width: int = 64
    chunk: int = 64
    rounds: tuple[int, int] = (4, 8)
    block: Literal["aggregated", "plain"] = "aggregated"
    cardinality: int = 32
    context: bool = True

    def checks(self) -> tuple[tuple[bool, str], ...]:
        """Return what must hold."""
        joints = len(self.widths) - 1
        groups_fit = self.block == "plain" or all(w % (2 * self.cardinality) == 0 for w in self.widths)
        return (
            *super().checks(),
            (len(self.attention) == joints, f"{len(self.widths)} widths have {joints} joints for attention"),
            (set(self.attention) <= set(_KINDS), f"attention is one of {', '.join(_KINDS)}"),
            (
                self.attention_width > 0 and self.attention_width % self.heads == 0,
                f"{self.attention_width} channels do not split into {self.heads} heads",
            ),
            (self.block in {"aggregated", "plain"}, f"block “{self.block}” is unknown"),
            (groups_fit, f"half of each width must split into {self.cardinality} groups"),
            (self.chunk > 0 and len(self.rounds) == 2 and min(self.rounds) > 0, "chunk and rounds are at least 1"),
        )


class RauNet2d(UShape):
    """The network; see the module's text."""

    Arch: ClassVar[type[UShapeArch]] = RauNet2dArch

    def __init__(self, arch: RauNet2dArch | None = None) -> None:
        arch = arch or RauNet2dArch()
        plain = arch.block == "plain"
        block = (
            partial(DoubleConv, self.dims, kind=arch.norm)
            if plain
            else partial(AggregatedBlock, kind=arch.norm, cardinality=arch.cardinality)
        )
        first = arch.in_channels if plain else arch.widths[0]
        super().__init__(arch, block, first)
        self.entry: nn.Module = nn.Identity()
        if not plain:
            self.entry = nn.Sequential(
                conv(2, arch.in_channels, first), norm(2, arch.norm, first), nn.ReLU(inplace=True)
            )
        bottom = arch.widths[-1]
        self.context = conv(2, bottom, bottom, 1, bias=True) if arch.context else None
        self.attention = nn.ModuleList(
            nn.Identity()
            if kind == "off"
            else HashedAttention(
                2 * width,
                kind,
                width=arch.attention_width,
                heads=arch.heads,
                hashing=Hashing(arch.chunk, arch.rounds, seed=level),
            )
            for level, (kind, width) in enumerate(zip(arch.attention, arch.widths, strict=False))
        )
        self.initialise()
        if self.context is not None:
            nn.init.zeros_(self.context.weight)  # pyright: ignore[reportArgumentType]

    def stem(self, x: Tensor) -> Tensor:
        """Return what goes into the first stage."""
        return self.entry(x)

    def bottom(self, x: Tensor) -> Tensor:
        """Return the coarsest map with its mean added to every place."""
        return x if self.context is None else x + self.context(x.mean(dim=(2, 3), keepdim=True))

    def join(self, level: int, skip: Tensor, x: Tensor) -> Tensor:
        """Return both maps side by side after attention over all places."""
        return self.attention[level](super().join(level, skip, x))
