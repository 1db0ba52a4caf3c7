"""Cross entropy against its formula."""

import math

import pytest
import torch

from engine.losses.cross_entropy import CrossEntropyLoss
from engine.losses.target import Target


def test_it_is_the_formula():
    logits = torch.tensor([[[[[0.3, -1.2, 2.0]]]]])
    y = [1.0, 0.0, 0.0]
    target = Target(torch.tensor([[[[y]]]]), torch.ones(1, 1))
    p = [1 / (1 + math.exp(-v)) for v in (0.3, -1.2, 2.0)]
    expected = -sum(t * math.log(q) + (1 - t) * math.log(1 - q) for t, q in zip(y, p, strict=True)) / 3
    assert float(CrossEntropyLoss()(logits, target)) == pytest.approx(expected, abs=1e-6)


def test_misses_cost_more_with_a_positive_weight():
    missed = Target(torch.ones(1, 1, 1, 1, 2), torch.ones(1, 1))
    logits = torch.full((1, 1, 1, 1, 2), -1.0)
    ratio = CrossEntropyLoss(positive_weight=3.0)(logits, missed) / CrossEntropyLoss()(logits, missed)
    assert float(ratio) == pytest.approx(3.0)


def test_a_sample_without_a_label_teaches_the_others_only():
    logits = torch.zeros(2, 2, 1, 1, 4, requires_grad=True)
    labels = torch.ones(2, 2, 1, 1, 4)
    CrossEntropyLoss()(logits, Target(labels, torch.tensor([[1.0, 1.0], [1.0, 0.0]]))).backward()
    assert logits.grad[1, 1].abs().max() == 0
    assert logits.grad[0, 1].abs().min() > 0


def test_nothing_known_costs_nothing():
    logits = torch.zeros(1, 2, 1, 1, 4)
    assert float(CrossEntropyLoss()(logits, Target(torch.ones(1, 2, 1, 1, 4), torch.zeros(1, 2)))) == 0


def test_far_logits_stay_finite():
    logits = torch.tensor([[[[[1e4, -1e4]]]]])
    loss = CrossEntropyLoss()(logits, Target(torch.tensor([[[[[0.0, 1.0]]]]]), torch.ones(1, 1)))
    assert torch.isfinite(loss)
