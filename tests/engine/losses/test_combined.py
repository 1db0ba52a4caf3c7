"""The sum of both losses, and the weights of deep supervision."""

import pytest
import torch

from engine.losses.combined import CombinedLoss, deep
from engine.losses.cross_entropy import CrossEntropyLoss
from engine.losses.dice import DiceLoss
from engine.losses.target import Target


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(1)
    labels = (torch.rand(1, 2, 4, 8, 8, generator=generator) > 0.6).float()
    return torch.randn(1, 2, 4, 8, 8, generator=generator), Target(labels, torch.ones(1, 2))


def test_it_is_the_weighted_sum(case):
    logits, target = case
    expected = 0.5 * DiceLoss()(logits, target) + 2 * CrossEntropyLoss()(logits, target)
    assert float(CombinedLoss(dice=0.5, cross_entropy=2.0)(logits, target)) == pytest.approx(float(expected), abs=1e-6)


def test_one_output_is_passed_on(case):
    logits, target = case
    loss = CombinedLoss()
    assert float(deep(loss, [logits], target)) == pytest.approx(float(loss(logits, target)))


def test_coarser_outputs_weigh_half_and_the_coarsest_nothing(case):
    logits, target = case
    loss = CombinedLoss()
    coarse = logits[:, :, ::2, ::2, ::2]
    shrunk = Target(target.labels[:, :, ::2, ::2, ::2], target.annotated)
    expected = (loss(logits, target) + 0.5 * loss(coarse, shrunk)) / 1.5
    got = deep(loss, [logits, coarse, torch.full((1, 2, 1, 2, 2), 9.0)], target)
    assert float(got) == pytest.approx(float(expected), abs=1e-6)


def test_the_dropped_output_has_a_gradient_of_nought(case):
    logits, target = case
    dropped = torch.full((1, 2, 1, 2, 2), 9.0, requires_grad=True)
    deep(CombinedLoss(), [logits, logits[:, :, ::2, ::2, ::2], dropped], target).backward()
    assert dropped.grad is not None
    assert float(dropped.grad.abs().max()) == 0


def test_a_rare_label_comes_back_from_nearly_nothing():
    # nine batches without the label for each one with it, from an output that says next to nothing: the push of
    # the nine must not outweigh the pull of the one
    generator = torch.Generator().manual_seed(2)
    truth = torch.zeros(1, 1, 4, 12, 12)
    truth[..., 4:8, 4:8] = 1
    weight, bias = torch.zeros(1, requires_grad=True), torch.full((1,), -7.0, requires_grad=True)
    optimiser = torch.optim.Adam([weight, bias], lr=0.05)
    loss = CombinedLoss()
    for step in range(400):
        labels = truth if step % 10 == 0 else torch.zeros_like(truth)
        seen = labels + 0.2 * torch.randn(truth.shape, generator=generator)
        optimiser.zero_grad()
        loss(weight * seen + bias, Target(labels, torch.ones(1, 1))).backward()
        optimiser.step()
    assert float((weight + bias).detach()) > 0, "the label is not found where it is"
    assert float(bias.detach()) < 0, "nor where it is not"
