"""The attention gate against its equations."""

from __future__ import annotations

import torch

from engine.nets.gate import AttentionGate, open_gates


def gate(dims: int = 2) -> AttentionGate:
    torch.manual_seed(0)
    made = AttentionGate(dims, 6, 4, "bn").eval()  # type: ignore[arg-type]
    for module in made.modules():  # statistics as after training
        if hasattr(module, "running_mean"):
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    return made


def test_the_gate_is_equations_3_and_4() -> None:
    made = gate()
    skip, guide = torch.randn(2, 6, 5, 7), torch.randn(2, 4, 5, 7)

    def batch_norm(x: torch.Tensor, n: torch.nn.Module) -> torch.Tensor:
        return (x - n.running_mean[:, None]) / (n.running_var[:, None] + n.eps).sqrt() * n.weight[:, None] + n.bias[
            :, None
        ]

    truth = torch.empty_like(skip)
    for b in range(2):
        m, g = skip[b].flatten(1), guide[b].flatten(1)
        inside = batch_norm(made.map[0].weight[:, :, 0, 0] @ m + made.map[0].bias[:, None], made.map[1])
        inside = inside + batch_norm(made.guide[0].weight[:, :, 0, 0] @ g + made.guide[0].bias[:, None], made.guide[1])
        q = batch_norm(made.psi[0].weight[:, :, 0, 0] @ inside.clamp(min=0) + made.psi[0].bias[:, None], made.psi[1])
        truth[b] = skip[b] / (1 + torch.exp(-q)).reshape(1, 5, 7)
    assert torch.allclose(truth, made(skip, guide), atol=1e-5)
    coefficients = made.coefficients(skip, guide)
    assert coefficients.shape == (2, 1, 5, 7)
    assert torch.allclose(coefficients * skip, truth, atol=1e-5)


def test_coefficients_lie_between_0_and_1() -> None:
    with torch.inference_mode():
        a = gate().coefficients(100 * torch.randn(1, 6, 9, 9), 100 * torch.randn(1, 4, 9, 9))
    assert float(a.min()) >= 0
    assert float(a.max()) <= 1


def test_a_coarser_guide_is_enlarged() -> None:
    for dims in (2, 3):
        size, half = (8, 10, 6)[:dims], (4, 5, 3)[:dims]
        assert gate(dims).coefficients(torch.randn(1, 6, *size), torch.randn(1, 4, *half)).shape == (1, 1, *size)


def test_gates_start_nearly_open() -> None:
    made = AttentionGate(2, 64, 64, "bn")
    open_gates(torch.nn.Sequential(made))
    a = made(torch.ones(1, 64, 32, 32), torch.zeros(1, 64, 32, 32))
    assert torch.allclose(a, torch.full_like(a, 0.8808), atol=1e-3)
