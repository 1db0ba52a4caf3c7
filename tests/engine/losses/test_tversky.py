"""Tversky losses against loops, hand values and Dice."""

from __future__ import annotations

import pytest
import torch

from engine.losses.dice import DiceLoss
from engine.losses.target import Target
from engine.losses.tversky import FocalTverskyLoss, TverskyLoss


def case(seed: int = 0) -> tuple[torch.Tensor, Target]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn((2, 3, 4, 5, 6), generator=generator)
    labels = (torch.rand(logits.shape, generator=generator) > 0.7).float()
    return logits, Target(labels, torch.ones(2, 3))


def slow(logits: torch.Tensor, labels: torch.Tensor, a: float, b: float, gamma: float, epsilon: float) -> float:
    p = torch.sigmoid(logits)
    losses = []
    for k in range(p.shape[1]):
        hit = missed = extra = 0.0
        for n in range(p.shape[0]):
            for pv, yv in zip(p[n, k].flatten().tolist(), labels[n, k].flatten().tolist(), strict=True):
                hit += pv * yv
                missed += (1 - pv) * yv
                extra += pv * (1 - yv)
        losses.append((1 - (hit + epsilon) / (hit + a * missed + b * extra + epsilon)) ** (1 / gamma))
    return sum(losses) / len(losses)


@pytest.mark.parametrize(("a", "b", "gamma"), [(0.7, 0.3, 1.0), (0.3, 0.7, 4 / 3), (0.5, 0.5, 3.0)])
def test_it_agrees_with_a_slow_loop(a: float, b: float, gamma: float) -> None:
    logits, target = case()
    found = TverskyLoss(fn_weight=a, fp_weight=b, gamma=gamma)(logits, target)
    assert float(found) == pytest.approx(slow(logits, target.labels, a, b, gamma, 1.0), abs=1e-6)


def test_with_equal_weights_it_is_dice() -> None:
    logits, target = case()
    tversky = TverskyLoss(fn_weight=0.5, fp_weight=0.5, epsilon=0.5)(logits, target)  # 2·ε as the fraction is doubled
    assert float(tversky) == pytest.approx(float(DiceLoss(epsilon=1.0)(logits, target)), abs=1e-6)


def test_the_focal_exponent_is_three_quarters() -> None:
    logits, target = case()
    one = Target(target.labels[:, :1], target.annotated[:, :1])
    plain, focal = TverskyLoss()(logits[:, :1], one), FocalTverskyLoss()(logits[:, :1], one)
    assert float(focal) == pytest.approx(float(plain) ** 0.75, abs=1e-6)


def test_missing_costs_more_than_finding_too_much() -> None:
    truth = torch.zeros(1, 1, 1, 1, 100)
    truth[..., :20] = 1
    target = Target(truth, torch.ones(1, 1))
    missing, extra = truth.clone(), truth.clone()
    missing[..., :10] = 0
    extra[..., 20:30] = 1
    loss = TverskyLoss()
    assert float(loss((missing * 2 - 1) * 30, target)) > float(loss((extra * 2 - 1) * 30, target))


def test_a_perfect_answer_has_a_finite_slope() -> None:
    _, target = case()
    logits = ((target.labels * 2 - 1) * 30).requires_grad_()
    FocalTverskyLoss()(logits, target).backward()
    assert torch.isfinite(logits.grad).all()
