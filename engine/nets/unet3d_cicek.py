"""3-D U-Net as published.

*Source*: Çiçek et al., "3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation": 32–64, 64–128,
128–256, 256–512 channels with three poolings; deconvolutions keep their channels. 19 071 329 parameters at
K = 1; 2 198 GFLOP at 32×192×192.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from torch import nn

from engine.nets.blocks import Grid3
from engine.nets.layers import Dims, DoubleConv, deconv
from engine.nets.u_shape import UShape, UShapeArch


@dataclass(frozen=True)
class Unet3dCicekArch(UShapeArch):
    """What it takes to build it again; `widths` are those at the end of each stage."""

    widths: tuple[int, ...] = (64, 128, 256, 512)
    patch: Grid3 = (32, 192, 192)


class Unet3dCicek(UShape):
    """The network; see the module's text."""

    Arch: ClassVar[type[UShapeArch]] = Unet3dCicekArch
    dims: ClassVar[Dims] = 3

    def __init__(self, arch: Unet3dCicekArch | None = None) -> None:
        arch = arch or Unet3dCicekArch()

        def down(inputs: int, outputs: int) -> nn.Module:
            return DoubleConv(self.dims, inputs, outputs, arch.norm, middle=outputs // 2)

        super().__init__(arch, down)
        self.up = nn.ModuleList(deconv(self.dims, b, b) for b in arch.widths[1:])
        self.decoder = nn.ModuleList(DoubleConv(self.dims, a + b, a, arch.norm) for a, b in pairwise(arch.widths))
        self.initialise()
