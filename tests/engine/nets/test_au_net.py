"""AU-Net: attention by hand, the ablation, small inputs."""

from __future__ import annotations

import pytest
import torch

from engine.core.errors import ModelError
from engine.nets.au_net import AuNet, AuNetArch, ChannelSpatialAttention

SMALL = {"widths": (4, 8, 8, 16, 16)}


def test_attention_is_equations_2_to_4_by_hand() -> None:
    torch.manual_seed(0)
    layer = ChannelSpatialAttention(4).double()
    z = torch.randn(1, 4, 3, 5, dtype=torch.float64)
    w2, w1 = layer.squeeze.weight[:, :, 0, 0], layer.excite.weight[:, :, 0, 0]
    w_s = layer.place.weight[0, :, 0, 0]
    g = torch.stack([z[0, k].sum() / 15 for k in range(4)])
    g_hat = w1 @ (w2 @ g).clamp(min=0)
    for k in range(4):
        for i in range(3):
            for j in range(5):
                q = sum(w_s[c] * z[0, c, i, j] for c in range(4))
                wanted = z[0, k, i, j] * (torch.sigmoid(g_hat[k]) + torch.sigmoid(q))
                assert layer(z)[0, k, i, j].item() == pytest.approx(wanted.item(), abs=1e-12)


def test_gains_lie_between_0_and_1_each() -> None:
    with torch.inference_mode():
        gains = ChannelSpatialAttention(8).gains(50 * torch.randn(2, 8, 6, 6))
    for gain in gains:
        assert float(gain.min()) >= 0
        assert float(gain.max()) <= 1


def test_without_attention_it_is_the_papers_u_net() -> None:
    with torch.device("meta"):
        model = AuNet(AuNetArch(attention=False))
    assert sum(p.numel() for p in model.parameters()) == 11_953_219


def test_an_input_smaller_than_the_dilated_kernel_is_padded() -> None:
    model = AuNet(AuNetArch(**SMALL)).eval()
    with torch.inference_mode():
        assert model(torch.randn(1, 1, 40, 33)).shape == (1, 1, 40, 33)


def test_the_three_heads_add_up() -> None:
    torch.manual_seed(0)
    model = AuNet(AuNetArch(**SMALL)).eval()
    x = torch.randn(1, 1, 128, 128)
    with torch.inference_mode():
        before = model(x)
        torch.nn.init.constant_(model.heads[2].bias, 1.5)
        assert torch.allclose(model(x) - before, torch.full_like(before, 1.5), atol=1e-4)


def test_too_few_levels_are_refused() -> None:
    with pytest.raises(ModelError, match="built"):
        AuNetArch(widths=(8, 16, 32))
