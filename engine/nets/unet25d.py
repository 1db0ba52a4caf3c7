"""U-Net 2.5-D: a plane at a time with its neighbours, for machines without a graphics card.

A slice is read together with the slices above and below it, so a vessel that crosses it can be told from a nodule, at
the cost of a 2-D network: less than half the work of RA-UNet for the same voxels, with an eighth of its parameters. At
the first and last slice the missing neighbour is the slice itself.

*Source*: our own; the 2.5-D input is common practice, the rest is :mod:`engine.nets.u_shape`. 1 577 777 parameters at
K = 1; 26.5 GFLOP at 8×192×192.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from engine.nets.blocks import Grid3
from engine.nets.layers import Dims, DoubleConv
from engine.nets.slices import over_slices
from engine.nets.u_shape import UShape, UShapeArch


@dataclass(frozen=True)
class Unet25dArch(UShapeArch):
    """What it takes to build such a network again.

    Args:
        widths: Channels per level, finest first.
        patch: (D, H, W) of a training window.
        context: Slices seen on either side.
    """

    widths: tuple[int, ...] = (16, 32, 64, 128, 192)
    patch: Grid3 = (8, 192, 192)
    context: int = 1

    def checks(self) -> tuple[tuple[bool, str], ...]:
        """Return what must hold, each with what is said if it does not."""
        return (*super().checks(), (0 <= self.context <= 8, f"context {self.context} is not 0 to 8 slices"))


class _Plane(UShape):
    """The network of one slice whose channels are its neighbours."""

    def __init__(self, arch: UShapeArch) -> None:
        super().__init__(arch, partial(DoubleConv, self.dims, kind=arch.norm))
        self.initialise()


class Unet25d(nn.Module):
    """Double c3-BN-R with max-pooling and deconvolution over a slice and its neighbours."""

    Arch: ClassVar[type[UShapeArch]] = Unet25dArch
    arch_version: ClassVar[int] = 1
    dims: ClassVar[Dims] = 3
    """It wants volumes: slices alone have no neighbours."""

    def __init__(self, arch: Unet25dArch | None = None) -> None:
        super().__init__()
        self.arch = arch or Unet25dArch()
        self.plane = _Plane(replace(self.arch, in_channels=self.arch.in_channels * (2 * self.arch.context + 1)))

    @property
    def required_multiple(self) -> Grid3:
        """The input is padded up to a multiple of this, (z, y, x)."""
        return self.plane.required_multiple

    @property
    def head(self) -> nn.Module:
        """The output layer."""
        return self.plane.head

    @property
    def frame(self) -> int:
        """Slices on either side that :meth:`forward` wants of a framed input."""
        return self.arch.context

    def forward(self, x: Tensor, *, framed: bool = False) -> Tensor:
        """Return logits (B, K, D, H, W) of `x` (B, C, D, H, W), any size.

        Args:
            x: The slices; `framed`, also the neighbours of the first and the last one, of which nothing is said.
            framed: Whether it is so.
        """
        reach = self.arch.context
        depth = x.shape[2] - 2 * reach if framed else x.shape[2]
        tall = x if framed else torch.cat([*[x[:, :, :1]] * reach, x, *[x[:, :, -1:]] * reach], dim=2)
        near = torch.cat([tall[:, :, i : i + depth] for i in range(2 * reach + 1)], dim=1)
        return over_slices(self.plane, near)
