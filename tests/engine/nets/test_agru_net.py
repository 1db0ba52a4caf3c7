"""AGRU-Net: its recurrent layer and its readings."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.core.errors import ModelError
from engine.nets.agru_net import AgruNet, AgruNetArch, RecurrentConv


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_recurrent_layer_is_its_unrolled_form(steps: int) -> None:
    torch.manual_seed(0)
    layer = RecurrentConv(2, 3, 5, "bn", steps).double().eval()
    u = torch.randn(2, 3, 8, 9, dtype=torch.float64)
    w_f, b, w_r = layer.feed.weight, layer.feed.bias, layer.recur.weight
    x = layer.norms[0](F.conv2d(u, w_f, b, padding=1)).clamp(min=0)
    for t in range(1, steps + 1):
        # W_f u is the same at every step: here it is computed anew each time
        x = layer.norms[t](F.conv2d(u, w_f, b, padding=1) + F.conv2d(x, w_r, padding=1)).clamp(min=0)
    assert torch.allclose(layer(u), x, atol=1e-12)


def test_every_step_has_its_own_statistics() -> None:
    layer = RecurrentConv(2, 3, 5, "bn", 2)
    layer(torch.randn(4, 3, 16, 16))
    means = [n.running_mean for n in layer.norms]
    assert not torch.allclose(means[0], means[1])
    assert not torch.allclose(means[1], means[2])


@pytest.mark.parametrize(("base", "parameters"), [(64, 62_825_581), (16, 3_935_269)])
def test_other_widths_have_the_parameters_of_the_table(base: int, parameters: int) -> None:
    with torch.device("meta"):
        model = AgruNet(AgruNetArch(widths=tuple(base * 2**i for i in range(5))))
    assert sum(p.numel() for p in model.parameters()) == parameters


@pytest.mark.parametrize("gate", ["fine", "coarse", "off"])
def test_each_reading_of_the_gate_can_be_built(gate: str) -> None:
    model = AgruNet(AgruNetArch(widths=(4, 8, 16), gate=gate)).eval()  # type: ignore[arg-type]
    with torch.inference_mode():
        assert model(torch.randn(1, 1, 21, 30)).shape == (1, 1, 21, 30)
    assert len(model.gates) == (0 if gate == "off" else 2)


def test_no_recurrence_and_unknown_gates_are_refused() -> None:
    with pytest.raises(ModelError, match="built"):
        AgruNetArch(steps=0)
    with pytest.raises(ModelError, match="built"):
        AgruNetArch(gate="ajar")  # type: ignore[arg-type]
