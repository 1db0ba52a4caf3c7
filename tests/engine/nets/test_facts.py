"""The numbers told about a network are those of the network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.core.errors import InputError
from engine.nets.facts import network_facts
from engine.nets.registry import NETWORKS, build


@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_parameters_are_those_of_the_network(name: str) -> None:
    facts = network_facts(name)
    with torch.device("meta"):
        assert sum(p.numel() for p in build(name).parameters()) == facts.parameters
    assert facts.gflop > 0
    assert facts.paper


@pytest.mark.parametrize(
    ("name", "arguments", "size", "gflop"),
    [
        ("agru_net", {"widths": (64, 128, 256, 512, 1024)}, (1, 128, 128), 68.1),
        ("agru_net", {"widths": (16, 32, 64, 128, 256)}, (1, 128, 128), 4.26),
        ("unet2d", {}, (1, 512, 512), 384.7),
        ("unet2d", {"out_channels": 4}, (1, 384, 384), 216.5),
        ("au_net", {"attention": False}, (1, 512, 512), 159.1),
        ("rau_net2d", {"attention": ("off",) * 4, "out_channels": 4}, (1, 369, 369), 34.8),
    ],
)
def test_variants_of_the_papers_cost_what_is_told_of_them(
    name: str, arguments: dict[str, Any], size: tuple[int, int, int], gflop: float
) -> None:
    with torch.device("meta"):
        model = build(name, arguments).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, 1, *size))
    assert counter.get_total_flops() / 1e9 == pytest.approx(gflop, rel=0.01)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(InputError, match="network"):
        network_facts("vnet")
