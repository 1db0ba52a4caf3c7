"""What all networks after the U-Net share: down, up, and the maps of the way down joined in on the way up.

A network states its stage, and where it differs overrides one of `stem`, `bottom`, `join`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from engine.core.errors import ModelError
from engine.nets.blocks import Grid3, NormKind
from engine.nets.layers import Dims, conv, deconv, halved, initialise
from engine.nets.sizes import cropped, padded
from engine.nets.slices import over_slices


@dataclass(frozen=True)
class UShapeArch:
    """What it takes to build such a network again.

    Args:
        in_channels: 1 for CT.
        out_channels: K, one logit a label.
        widths: Channels per level, finest first.
        norm: ``"in"`` or ``"bn"``.
        patch: (D, H, W) of a training window; D is 1 for a network that sees one slice.
        prior: Probability the outputs start from.
    """

    in_channels: int = 1
    out_channels: int = 1
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    norm: NormKind = "bn"
    patch: Grid3 = (1, 512, 512)
    prior: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises:
            ModelError: a value is out of its range.
        """
        for good, why in self.checks():
            if not good:
                raise ModelError("The network cannot be built like this.", why + ".", "Correct the arguments.")

    def checks(self) -> tuple[tuple[bool, str], ...]:
        """Return what must hold, each with what is said if it does not."""
        return (
            (len(self.widths) > 1 and min(self.widths) > 0, f"widths {self.widths} are no two levels"),
            (self.norm in {"in", "bn"}, f"norm “{self.norm}” is neither in nor bn"),
            (self.out_channels > 0 and self.in_channels > 0, "the network has no channel in or out"),
            (len(self.patch) == 3 and min(self.patch) > 0, f"its window {self.patch} is no size"),
            (0 < self.prior < 1, f"prior {self.prior} is not between 0 and 1"),
        )


class UShape(nn.Module):
    """Stages down with halving between, stages up with deconvolution and joining between, c1 at the end.

    Args:
        arch: Its arguments.
        block: Makes the stage from so many channels to so many.
        first: Channels that reach the first stage; those of the input if None.
    """

    Arch: ClassVar[type[UShapeArch]] = UShapeArch
    arch_version: ClassVar[int] = 1
    dims: ClassVar[Dims] = 2
    least: ClassVar[int] = 1
    """Fewest values along an axis; less is padded."""

    def __init__(self, arch: UShapeArch, block: Callable[[int, int], nn.Module], first: int | None = None) -> None:
        super().__init__()
        self.arch = arch
        widths = arch.widths
        self.encoder = nn.ModuleList(block(a, b) for a, b in pairwise((first or arch.in_channels, *widths)))
        self.up = nn.ModuleList(deconv(self.dims, b, a) for a, b in pairwise(widths))
        self.decoder = nn.ModuleList(block(2 * w, w) for w in widths[:-1])
        self.head = conv(self.dims, widths[0], arch.out_channels, 1, bias=True)

    def initialise(self) -> None:
        """Draw the weights: the last line of a network's constructor."""
        initialise(self, self.head, self.arch.prior)

    @property
    def required_multiple(self) -> Grid3:
        """The input is padded up to a multiple of this, (z, y, x)."""
        n = 2 ** (len(self.arch.widths) - 1)
        return (n, n, n) if self.dims == 3 else (1, n, n)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of any size of input: (B, K, D, H, W) of `x` (B, C, D, H, W); in 2-D also without D."""
        return over_slices(self._through, x) if self.dims == 2 else self._through(x)

    def _through(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        x = self.stem(padded(x, self.required_multiple[-self.dims :], (self.least,) * self.dims))
        skips: list[Tensor] = []
        for level, stage in enumerate(self.encoder):
            x = stage(halved(x) if level else x)
            skips.append(x)
        x = self.bottom(skips.pop())
        for level in range(len(skips) - 1, -1, -1):
            x = self.decoder[level](self.join(level, skips[level], x))
        return cropped(self.head(x), size)

    def stem(self, x: Tensor) -> Tensor:
        """Return what goes into the first stage."""
        return x

    def bottom(self, x: Tensor) -> Tensor:
        """Return the coarsest map, ready for the way up."""
        return x

    def join(self, level: int, skip: Tensor, x: Tensor) -> Tensor:
        """Return the map of the way down beside the enlarged one; `level` 0 is the finest."""
        return torch.cat([skip, self.up[level](x)], dim=1)
