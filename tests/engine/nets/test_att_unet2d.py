"""Attention U-Net: a U-Net with something in the way."""

from __future__ import annotations

import torch

from engine.nets.registry import build

WIDTHS = {"widths": (4, 8, 16)}


def test_with_its_gates_wide_open_it_is_the_u_net() -> None:
    torch.manual_seed(0)
    gated = build("att_unet2d", WIDTHS).eval()
    plain = build("unet2d", WIDTHS).eval()
    plain.load_state_dict({k: v for k, v in gated.state_dict().items() if not k.startswith("gates.")})
    x = torch.randn(1, 1, 32, 32)
    with torch.inference_mode():
        assert not torch.allclose(gated(x), plain(x), atol=1e-5)
        for gate in gated.gates:  # type: ignore[union-attr]
            torch.nn.init.constant_(gate.psi[1].bias, 50.0)
        assert torch.allclose(gated(x), plain(x), atol=1e-6)


def test_there_is_a_gate_on_every_skip() -> None:
    with torch.device("meta"):
        assert len(build("att_unet2d").gates) == 4  # type: ignore[arg-type]
