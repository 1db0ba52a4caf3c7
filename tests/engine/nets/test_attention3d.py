"""Attention: equal to the matrix written out, with gradients, at any size, without the matrix in memory."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from engine.nets.attention3d import Attention3d, AxialPosition, RelativePosition


def by_hand(a: Attention3d, x: torch.Tensor) -> torch.Tensor:
    """Eq. 2 of the paper with the N × N matrix, head by head and pair by pair."""
    B, C, D, H, W = x.shape
    d = C // a.heads
    q, k, v = (c(x).reshape(B, a.heads, d, -1) for c in (a.query, a.key, a.value))
    logits = torch.einsum("bncq,bnck->bnqk", q, k)
    places = [(z, y, w) for z in range(D) for y in range(H) for w in range(W)]
    if isinstance(a.position, AxialPosition):
        p = a.position((D, H, W)).reshape(1, a.heads, d, -1)
        logits = logits + torch.einsum("bncq,bnck->bnqk", q, p.expand(B, -1, -1, -1))
    elif isinstance(a.position, RelativePosition):
        r = a.position
        for i, (zi, yi, wi) in enumerate(places):
            for j, (zj, yj, wj) in enumerate(places):
                vector = r.w_d[zj - zi + D - 1] + r.w_h[yj - yi + H - 1] + r.w_w[wj - wi + W - 1]
                logits[:, :, i, j] = logits[:, :, i, j] + torch.einsum("bnc,c->bn", q[:, :, :, i], vector)
    weights = torch.softmax(logits / math.sqrt(d), dim=-1)
    return torch.einsum("bnqk,bnck->bncq", weights, v).reshape(B, C, D, H, W)


@pytest.mark.parametrize("position", ["axial", "relative", "none"])
@pytest.mark.parametrize("heads", [1, 2])
def test_it_equals_the_matrix_written_out(position: str, heads: int) -> None:
    torch.manual_seed(1)
    a = Attention3d(8, (2, 3, 4), heads, position)
    x = torch.randn(2, 8, 2, 3, 4)
    with torch.no_grad():
        assert (a(x) - by_hand(a, x)).abs().max() < 1e-5
        a, x = a.double(), x.double()
        assert (a(x) - by_hand(a, x)).abs().max() < 1e-12


def test_the_gradients_of_the_code_of_position_are_those_of_finite_differences() -> None:
    torch.manual_seed(2)
    position = AxialPosition(4, (2, 3, 2)).double()
    q = torch.randn(1, 1, 12, 4, dtype=torch.float64)
    v = torch.randn(1, 1, 12, 4, dtype=torch.float64)

    def attended(w_d: torch.Tensor, w_h: torch.Tensor, w_w: torch.Tensor) -> torch.Tensor:
        code = torch.func.functional_call(position, {"w_d": w_d, "w_h": w_h, "w_w": w_w}, ((2, 3, 2),))
        keys = code.reshape(1, 1, 4, 12).transpose(2, 3).contiguous()
        return torch.nn.functional.scaled_dot_product_attention(q, keys, v)

    inputs = [p.detach().requires_grad_() for p in (position.w_d, position.w_h, position.w_w)]
    assert torch.autograd.gradcheck(attended, inputs)


def test_padding_gets_no_attention() -> None:
    torch.manual_seed(3)
    a = Attention3d(4, (2, 3, 4), 1, "none")
    x = torch.randn(1, 4, 2, 3, 4)
    padded = torch.nn.functional.pad(x, (0, 2, 0, 1), value=7.0)
    with torch.no_grad():
        inside = a(padded, (2, 3, 4))[:, :, :2, :3, :4]
        assert torch.allclose(inside, a(x), atol=1e-6)


def test_a_stretched_code_comes_back_close() -> None:
    position = AxialPosition(3, (4, 5, 6))
    with torch.no_grad():
        position.w_d.copy_(torch.linspace(0, 1, 4).expand(3, 4) ** 2)
        before = position.w_d.clone()
        position.set_grid((8, 5, 6))
        position.set_grid((4, 5, 6))
    assert (position.w_d - before).abs().max() < 0.08
    assert position.grid == (4, 5, 6)


def test_a_relative_code_at_a_larger_size_keeps_the_trained_offsets() -> None:
    position = RelativePosition(3, (2, 3, 4))
    before = position.w_h.detach().clone()
    position.set_grid((2, 6, 4))
    assert position.w_h.shape == (11, 3)
    assert torch.equal(position.w_h[3:8], before)
    assert position.w_h[:3].abs().max() == 0
    position.set_grid((2, 3, 4))
    assert torch.equal(position.w_h, before)


_PEAK = """
import resource, torch
from engine.nets.attention3d import Attention3d
torch.set_num_threads(1)
a = Attention3d(16, (8, 48, 48), 1, {position!r})
x = torch.randn(1, 16, 8, 48, 48)
with torch.inference_mode():
    a(torch.randn(1, 16, 2, 4, 4))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    a(x)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
@pytest.mark.parametrize("position", ["axial", "relative"])
def test_18432_positions_need_no_matrix_in_memory(position: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PEAK.format(position=position)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 100  # MiB; the matrix would be 1 360
