"""U-Net, two dimensions: the comparator of the 2-D papers.

*Source*: Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation". Padded
convolutions instead of the original's valid ones, and batch normalisation, as everyone builds it today.
31 036 481 parameters at K = 1; 24.1 GFLOP at 128×128.
"""

from __future__ import annotations

from functools import partial

from engine.nets.layers import DoubleConv
from engine.nets.u_shape import UShape, UShapeArch


class Unet2d(UShape):
    """Double c3-BN-R at 64 … 1024 channels, max-pooling, deconvolution, c1."""

    def __init__(self, arch: UShapeArch | None = None) -> None:
        arch = arch or UShapeArch()
        super().__init__(arch, partial(DoubleConv, self.dims, kind=arch.norm))
        self.initialise()
