"""Building blocks shared by the 3-D networks: normalisation, residual block, residual attention.

Notation as in the papers: c3 = 3×3×3 convolution, c1 = 1×1×1 convolution, N = normalisation,
R = ReLU. Tensors are (B, C, D, H, W); D, H, W are the array axes z, y, x.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NormKind = Literal["in", "bn"]
PositionKind = Literal["axial", "relative", "none"]
Grid3 = tuple[int, int, int]
_HUGE = 3e38
"""Nearly the largest float32."""


class InstanceNorm(nn.Module):
    """Instance normalisation with a learned scale and shift.

    As ``nn.InstanceNorm3d(affine=True)``, but a map of one voxel is allowed (its value becomes the shift).
    Not written as group normalisation with one channel a group: OpenVINO 2026.4 crashes compiling that. And
    traced in stages, axis by axis: its own operation adds a million values one after the other in fp32 and is
    wrong by 3e-3 on a map of 32×192×192; the mean of means is a thousand times closer and costs no time.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` (B, C, …) with mean `bias` and standard deviation `weight` per sample and channel."""
        if torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage]
            return self._in_stages(x)
        use_batch = True  # these statistics, in training and in use
        cudnn = torch.backends.cudnn.enabled
        return torch.instance_norm(x, self.weight, self.bias, None, None, use_batch, 0.0, self.eps, cudnn)

    def _in_stages(self, x: Tensor) -> Tensor:
        centred = x - _mean_of_means(x)
        spread = _mean_of_means(centred * centred)
        shape = (1, -1, *(1,) * (x.dim() - 2))
        return centred * (torch.rsqrt(spread + self.eps) * self.weight.view(shape)) + self.bias.view(shape)


def _mean_of_means(x: Tensor) -> Tensor:
    """Return the mean per sample and channel, taken along one axis after the other, the last one first.

    The clamp changes no value: without something between them OpenVINO joins the means into one long sum again.
    """
    for axis in range(x.dim() - 1, 1, -1):
        x = x.mean(axis, keepdim=True).clamp(-_HUGE, _HUGE)
    return x


def norm3d(kind: NormKind, channels: int) -> nn.Module:
    """Return a normalisation layer for `channels` maps; both kinds have 2 × `channels` parameters."""
    return nn.BatchNorm3d(channels) if kind == "bn" else InstanceNorm(channels)


def conv3(inputs: int, outputs: int, stride: Grid3 = (1, 1, 1)) -> nn.Conv3d:
    """Return c3 without bias (a normalisation follows) that keeps the size at stride 1."""
    return nn.Conv3d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


class ConvNormRelu(nn.Sequential):
    """c3-N-R."""

    def __init__(self, inputs: int, outputs: int, norm: NormKind, stride: Grid3 = (1, 1, 1)) -> None:
        super().__init__(conv3(inputs, outputs, stride), norm3d(norm, outputs), nn.ReLU(inplace=True))


class ResidualBlock(nn.Module):
    """R(c3-N-R-c3-N(x) + x); the shortcut is c1-N where the widths differ."""

    def __init__(self, inputs: int, outputs: int, norm: NormKind) -> None:
        super().__init__()
        self.conv1 = conv3(inputs, outputs)
        self.norm1 = norm3d(norm, outputs)
        self.conv2 = conv3(outputs, outputs)
        self.norm2 = norm3d(norm, outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv3d(inputs, outputs, 1, bias=False), norm3d(norm, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, D, H, W)."""
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.norm2(self.conv2(y))
        return F.relu(y + self.shortcut(x), inplace=True)


class UpProject(nn.Module):
    """c1 to `outputs` channels, then trilinear enlargement.

    A c1 and a linear interpolation commute exactly (the weights sum to 1), so projecting first is the same
    function at an eighth of the cost.
    """

    def __init__(self, inputs: int, outputs: int, factor: Grid3) -> None:
        super().__init__()
        self.factor = tuple(float(f) for f in factor)
        self.project = nn.Conv3d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, D·fd, H·fh, W·fw)."""
        return F.interpolate(self.project(x), scale_factor=self.factor, mode="trilinear", align_corners=False)
