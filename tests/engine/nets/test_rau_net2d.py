"""Residual Attention U-Net: the paper's variants, its block, its input."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.core.errors import ModelError
from engine.nets.lsh_attention import bucket_count
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


@pytest.mark.parametrize(("training", "rounds", "gflop"), [(False, 8, 108.1), (True, 4, 78.2)])
def test_hashing_everywhere_costs_what_its_rounds_cost(training: bool, rounds: int, gflop: float) -> None:
    """At 369² → 384², beside the network without attention (34.8): layers of the joints, hashes, chunks of 2 × 64."""
    with torch.device("meta"):
        model = RauNet2d(RauNet2dArch(out_channels=4, attention=LSH)).train(training)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, 1, 369, 369))
    wanted = 34.8347e9
    for level, width in enumerate((64, 128, 256, 512)):
        places = (384 >> level) ** 2
        buckets = bucket_count(places, 64)
        first = buckets if buckets <= 128 else 2 * round(math.sqrt(buckets) / 2)
        columns = first / 2 + (0 if buckets <= 128 else round(buckets / first / 2))
        layers = 3 * 2 * places * 2 * width * 64
        wanted += layers + rounds * (2 * places * 64 * columns + 2 * 2 * places * 128 * 64)
    assert counter.get_total_flops() == pytest.approx(wanted, rel=0.001)
    assert counter.get_total_flops() / 1e9 == pytest.approx(gflop, rel=0.01)


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
