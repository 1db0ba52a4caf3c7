"""Residual U-Net: its block written out."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.nets.res_unet2d import PreActivation


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("first", [True, False])
def test_a_block_is_pre_activation_with_a_strided_shortcut(stride: int, *, first: bool) -> None:
    torch.manual_seed(0)
    block = PreActivation(3, 5, "bn", stride, first=first).eval()
    x = torch.randn(2, 3, 12, 14)
    y = x if first else F.relu(block.norm1[0](x))
    y = F.conv2d(y, block.conv1.weight, stride=stride, padding=1)
    y = F.conv2d(F.relu(block.norm2(y)), block.conv2.weight, padding=1)
    shortcut = block.shortcut[1](F.conv2d(x, block.shortcut[0].weight, block.shortcut[0].bias, stride=stride))
    assert torch.allclose(block(x), y + shortcut, atol=1e-5)


def test_learning_does_not_damage_memory_where_channels_lie_last() -> None:
    """A strided c1 of few channels writes outside its memory on the way back in torch 2.13."""
    block = PreActivation(4, 8, "bn", 2).to(memory_format=torch.channels_last)
    for _ in range(20):
        x = torch.randn(2, 4, 32, 32, requires_grad=True)
        block(x).square().mean().backward()
        assert torch.isfinite(x.grad).all()
