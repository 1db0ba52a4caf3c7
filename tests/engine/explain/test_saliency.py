"""Gradients against a network whose gradient is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.explain.saliency import reach_mm, saliency


class Known(nn.Module):
    """Output 1 at a voxel is 3 × itself less its right neighbour."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.tensor([0.0, 3.0, -1.0]).view(1, 1, 1, 1, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, torch.nn.functional.conv3d(x, self.kernel, padding=(0, 0, 1))], dim=1)


def test_the_gradient_is_the_networks() -> None:
    model = Known()
    found = saliency(model, torch.randn(1, 1, 3, 4, 6), (1, 2, 3), channel=1)
    wanted = np.zeros((3, 4, 6), np.float32)
    wanted[1, 2, 3], wanted[1, 2, 4] = 1, 1 / 3
    assert np.allclose(found, wanted)
    assert model.kernel.grad is None
    assert model.kernel.requires_grad


def test_reach_is_in_millimetres() -> None:
    slope = np.zeros((9, 9, 9), np.float32)
    slope[4, 4, 4] = 1
    slope[4, 4, 6] = 1
    slope[8, 4, 4] = 2
    spacing = (5.0, 1.0, 2.0)
    assert reach_mm(slope, (4, 4, 4), spacing, 0.25) == 0
    assert reach_mm(slope, (4, 4, 4), spacing, 0.5) == 4
    assert reach_mm(slope, (4, 4, 4), spacing, 1.0) == pytest.approx(20)
    assert reach_mm(np.zeros((3, 3, 3), np.float32), (1, 1, 1), spacing) == 0
