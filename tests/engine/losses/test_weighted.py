"""AGRU-Net's loss against loops."""

from __future__ import annotations

import math

import pytest
import torch

from engine.losses.target import Target
from engine.losses.weighted import WeightedBceDiceLoss, border_weights


def square() -> torch.Tensor:
    truth = torch.zeros(1, 1, 1, 128, 128)
    truth[..., 40:90, 30:100] = 1
    return truth


def test_borders_are_where_the_mean_of_11_by_11_is_mixed() -> None:
    truth, w = square(), border_weights(square(), 2.0)
    for y, x in [(40, 60), (35, 60), (34, 60), (45, 60), (46, 60), (0, 0), (60, 60), (36, 26), (127, 64)]:
        around = truth[0, 0, 0, max(0, y - 5) : y + 6, max(0, x - 5) : x + 6].mean()
        assert w[0, 0, 0, y, x] == (3 if 0.005 < around < 0.995 else 1), (y, x)


def test_the_window_grows_with_the_slice() -> None:
    truth = torch.zeros(1, 1, 256, 256)
    truth[..., 128:, :] = 1
    assert int((border_weights(truth, 2.0)[0, 0, :, 100] == 3).sum()) == 22  # 23 wide: 11 rows on each side


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_it_agrees_with_a_slow_loop(beta: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((1, 1, 1, 16, 16), generator=generator)
    truth = torch.zeros_like(logits)
    truth[..., 4:11, 5:] = 1
    w = border_weights(truth, 2.0).flatten().tolist()
    rescale = len(w) / sum(w)
    entropy = both = total = 0.0
    for weight, logit, y in zip(w, logits.flatten().tolist(), truth.flatten().tolist(), strict=True):
        p, weight = 1 / (1 + math.exp(-logit)), weight * rescale
        entropy -= weight * (beta * y * math.log(p) + (1 - y) * math.log(1 - p)) / len(w)
        both += weight * p * y
        total += weight * (p + y)
    wanted = entropy + 1 - (2 * both + 1) / (total + 1)
    found = WeightedBceDiceLoss(positive_weight=beta)(logits, Target(truth, torch.ones(1, 1)))
    assert float(found) == pytest.approx(wanted, abs=1e-6)


def test_a_label_that_was_not_drawn_has_no_part_in_it() -> None:
    logits = torch.randn(2, 2, 1, 16, 16, requires_grad=True)
    truth = torch.zeros(2, 2, 1, 16, 16)
    truth[..., 4:9, 4:9] = 1
    WeightedBceDiceLoss()(logits, Target(truth, torch.tensor([[1.0, 0.0], [1.0, 0.0]]))).backward()
    assert logits.grad[:, 1].abs().max() == 0
    assert logits.grad[:, 0].abs().max() > 0


def test_a_union_is_taught_as_a_label_of_its_own() -> None:
    logits = torch.zeros(1, 2, 1, 16, 16, requires_grad=True)
    union = torch.zeros(1, 1, 1, 16, 16)
    union[..., :8, :] = 1
    target = Target(torch.zeros(1, 2, 1, 16, 16), torch.zeros(1, 2), None, union, (0, 1), torch.ones(1))
    WeightedBceDiceLoss()(logits, target).backward()
    assert (logits.grad[..., :8, :] < 0).all()
    assert (logits.grad[..., 8:, :] > 0).all()
