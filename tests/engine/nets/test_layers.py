"""Layers by the number of dimensions."""

from __future__ import annotations

import copy

import pytest
import torch

from engine.nets.layers import DoubleConv, conv, deconv, halved, place, start_rare
from engine.nets.registry import build
from tests.support.networks import small_arch


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("stride", "dilation", "size"), [(1, 1, 12), (1, 4, 12), (2, 1, 6), (2, 2, 6)])
def test_a_convolution_keeps_the_size_over_its_stride(dims: int, stride: int, dilation: int, size: int) -> None:
    x = torch.zeros(1, 2, *(12,) * dims)
    assert conv(dims, 2, 5, stride=stride, dilation=dilation)(x).shape == (1, 5, *(size,) * dims)  # type: ignore[arg-type]


@pytest.mark.parametrize("dims", [2, 3])
def test_enlarging_undoes_the_size_of_halving(dims: int) -> None:
    x = torch.randn(1, 4, *(8,) * dims)
    assert deconv(dims, 4, 3)(halved(x)).shape == (1, 3, *(8,) * dims)  # type: ignore[arg-type]
    assert halved(x).flatten()[0] == x[(0, 0, *(slice(2),) * dims)].max()


def test_a_stage_may_be_narrower_inside() -> None:
    assert [p.shape[0] for p in DoubleConv(3, 1, 8, "bn", middle=4).parameters() if p.ndim > 1] == [4, 8]


@pytest.mark.parametrize("prior", [0.01, 0.3])
def test_an_output_layer_starts_from_its_prior(prior: float) -> None:
    head = conv(2, 3, 2, 1, bias=True)
    start_rare(head, prior)
    assert torch.allclose(torch.sigmoid(head(torch.zeros(1, 3, 4, 4))), torch.full((1, 2, 4, 4), prior))


@pytest.mark.parametrize("name", ["unet2d", "unet3d"])
def test_the_order_in_memory_changes_no_number(name: str) -> None:
    model = build(name, small_arch(name)).eval()
    placed = place(copy.deepcopy(model), torch.device("cpu"))
    x = torch.randn(1, 1, 16, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(placed(x), model(x), atol=1e-5)
    assert next(p for p in placed.parameters() if p.ndim > 3 and p.shape[1] > 1).stride(1) == 1
