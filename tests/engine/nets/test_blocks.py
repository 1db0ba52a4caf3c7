"""Blocks: the normalisation is torch's own, the residual block adds its shortcut."""

from __future__ import annotations

import pytest
import torch

from engine.nets.blocks import InstanceNorm, ResidualBlock, norm3d


def test_instance_normalisation_is_that_of_torch() -> None:
    torch.manual_seed(0)
    ours, theirs = InstanceNorm(5), torch.nn.InstanceNorm3d(5, affine=True)
    with torch.no_grad():
        ours.weight.uniform_(0.5, 2)
        ours.bias.uniform_(-1, 1)
        theirs.weight.copy_(ours.weight)
        theirs.bias.copy_(ours.bias)
    x = torch.randn(2, 5, 3, 4, 7) * 3 + 2
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_traced_in_stages_it_is_the_same_function() -> None:
    torch.manual_seed(1)
    norm = InstanceNorm(5)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.uniform_(-1, 1)
    for shape in ((2, 5, 3, 4, 7), (1, 5, 1, 1, 1)):
        x = torch.randn(shape) * 3 + 2
        assert torch.allclose(norm._in_stages(x), norm(x), atol=1e-4)


def test_a_map_of_one_voxel_becomes_the_shift() -> None:
    norm = InstanceNorm(4)
    torch.nn.init.constant_(norm.bias, 0.7)
    assert torch.allclose(norm(torch.randn(1, 4, 1, 1, 1)), torch.full((1, 4, 1, 1, 1), 0.7), atol=1e-4)


@pytest.mark.parametrize("kind", ["in", "bn"])
def test_both_norms_have_two_parameters_a_channel(kind: str) -> None:
    assert sum(p.numel() for p in norm3d(kind, 6).parameters()) == 12


@pytest.mark.parametrize(("inputs", "outputs"), [(4, 4), (6, 4)])
def test_with_dead_convolutions_the_block_is_its_shortcut(inputs: int, outputs: int) -> None:
    block = ResidualBlock(inputs, outputs, "bn").eval()
    torch.nn.init.zeros_(block.conv2.weight)
    x = torch.randn(1, inputs, 3, 4, 5)
    with torch.no_grad():
        assert torch.allclose(block(x), torch.relu(block.shortcut(x)), atol=1e-6)
