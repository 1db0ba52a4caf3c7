"""Maps are the weights the network itself used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.explain.attention import attention_maps
from engine.nets.attention3d import Attention3d
from engine.nets.lsh_attention import HashedAttention
from engine.nets.registry import build
from tests.support.networks import small_arch


@pytest.mark.parametrize("position", ["axial", "relative", "none"])
def test_the_weights_of_a_place_give_its_output(position: str) -> None:
    torch.manual_seed(0)
    layer = Attention3d(8, (3, 4, 5), heads=1, position=position).eval()  # type: ignore[arg-type]
    x = torch.randn(1, 8, 3, 4, 5)
    with torch.inference_mode():
        weights = layer.weights_of(x, 27)
        values = layer.value(x).flatten(2)[0]
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert torch.allclose(values @ weights, layer(x).flatten(2)[0, :, 27], atol=1e-5)


def test_the_weights_of_hashed_attention_are_the_exact_ones() -> None:
    torch.manual_seed(0)
    layer = HashedAttention(32, "exact", width=16, heads=1).eval()
    x = torch.randn(1, 32, 5, 6)
    with torch.inference_mode():
        weights = layer.weights_of(x, 13)
        values = layer.value(layer.norm(x)).flatten(2)[0]
        out = layer.out((values @ weights).view(1, -1, 1, 1))[0, :, 0, 0]
        assert torch.allclose(x.flatten(2)[0, :, 13] + out, layer(x).flatten(2)[0, :, 13], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "count", "word"),
    [
        ("agru_net", 4, "gate"),
        ("au_net", 9, "spatial"),
        ("rau_net2d", 2, "place"),
        ("ra_unet3d", 1, "place"),
        ("unet2d", 0, ""),
    ],
)
def test_every_attention_of_a_network_has_a_map(name: str, count: int, word: str) -> None:
    torch.manual_seed(0)
    model = build(name, small_arch(name)).eval()
    depth = 16 if name == "ra_unet3d" else 1
    x = torch.randn(1, 1, depth, 64, 64)
    maps = attention_maps(model, x, (0, 20, 30))
    assert len(maps) == count
    for title, values in maps.items():
        assert word in title
        assert values.shape == (depth, 64, 64)
        assert values.min() >= 0
        assert values.max() <= 1 + 1e-6
    assert not any(module._forward_hooks for module in model.modules())


def test_a_gate_that_is_shut_somewhere_is_seen_there() -> None:
    model = build("agru_net", small_arch("agru_net")).eval()
    for gate in model.gates:  # type: ignore[union-attr]
        torch.nn.init.constant_(gate.psi[1].bias, -1e6)
    maps = attention_maps(model, torch.randn(1, 1, 1, 32, 32), (0, 3, 3))
    assert all(np.all(m < 1e-6) for m in maps.values())
