"""Residual Attention U-Net: the paper's variants, its block, its input."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.core.errors import ModelError
from engine.nets.rau_net2d import AggregatedBlock, RauNet2d, RauNet2dArch

LSH = ("lsh",) * 4
SMALL: dict[str, Any] = {"widths": (16, 32, 32, 64, 64), "cardinality": 4, "out_channels": 4}


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ({}, 7_240_004),
        ({"attention": LSH}, 7_314_884),
        ({"attention": ("off",) * 4}, 6_940_484),
        ({"attention": LSH, "block": "plain"}, 32_460_676),
        ({"attention_width": 16}, 7_240_004 - 3 * 48 * (512 + 1024)),  # queries, values and output of two joints
    ],
)
def test_the_papers_variants_have_the_parameters_of_the_table(arguments: dict[str, Any], parameters: int) -> None:
    with torch.device("meta"):
        model = RauNet2d(RauNet2dArch(out_channels=4, **arguments))
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_aggregated_means_paths_that_do_not_see_each_other() -> None:
    """The grouped layer equals 4 narrow paths side by side."""
    block = AggregatedBlock(16, 32, "bn", 4).eval()
    grouped = block.path[3]
    x = torch.randn(1, 16, 6, 7)
    parts = [
        torch.nn.functional.conv2d(x[:, 4 * g : 4 * g + 4], grouped.weight[4 * g : 4 * g + 4], padding=1)
        for g in range(4)
    ]
    assert torch.allclose(grouped(x), torch.cat(parts, dim=1), atol=1e-5)


@pytest.mark.parametrize("attention", [LSH, ("off", "lsh", "exact", "exact")])
def test_369_is_padded_and_cut_again(attention: Any) -> None:
    model = RauNet2d(RauNet2dArch(**SMALL, attention=attention)).eval()
    with torch.inference_mode():
        assert model(torch.randn(1, 1, 69, 69)).shape == (1, 4, 69, 69)


def test_the_context_is_inert_at_the_start() -> None:
    torch.manual_seed(0)
    model = RauNet2d(RauNet2dArch(**SMALL)).eval()
    bottom = torch.randn(2, 64, 3, 3)
    assert torch.equal(model.bottom(bottom), bottom)


@pytest.mark.parametrize(
    "arguments",
    [
        {"attention": ("lsh",)},
        {"attention": ("some",) * 4},
        {"heads": 5},
        {"attention_width": 18},
        {"cardinality": 3},
        {"rounds": (0, 8)},
    ],
)
def test_what_cannot_be_built_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="built"):
        RauNet2dArch(**arguments)
