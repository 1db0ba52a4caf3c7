"""U-Net, three dimensions, of RA-UNet's widths: its fair comparator.

RA-UNet's paper does not say what its "U-Net" was. With the same widths what differs is the residual blocks and
the attention, and nothing else. 5 646 385 parameters at K = 1; 134.3 GFLOP at 32×192×192.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from engine.nets.blocks import Grid3
from engine.nets.layers import Dims, DoubleConv
from engine.nets.u_shape import UShape, UShapeArch


@dataclass(frozen=True)
class Unet3dArch(UShapeArch):
    """What it takes to build it again."""

    widths: tuple[int, ...] = (16, 32, 64, 128, 256)
    patch: Grid3 = (32, 192, 192)


class Unet3d(UShape):
    """Double c3-BN-R at 16 … 256 channels, max-pooling, deconvolution, c1."""

    Arch: ClassVar[type[UShapeArch]] = Unet3dArch
    dims: ClassVar[Dims] = 3

    def __init__(self, arch: Unet3dArch | None = None) -> None:
        arch = arch or Unet3dArch()
        super().__init__(arch, partial(DoubleConv, self.dims, kind=arch.norm))
        self.initialise()
