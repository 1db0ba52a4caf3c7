"""The union of labels: a case with one mask for two lesions teaches both outputs together."""

import pytest
import torch

from engine.losses.cross_entropy import CrossEntropyLoss
from engine.losses.target import Target, channels


def test_the_union_probability_is_one_minus_the_product():
    logits = torch.tensor([[[0.3], [-1.0], [2.0]]])[..., None, None]
    target = Target(
        torch.zeros(1, 3, 1, 1, 1),
        torch.zeros(1, 3),
        union=torch.ones(1, 1, 1, 1, 1),
        union_of=(1, 2),
        union_known=torch.ones(1),
    )
    rows = channels(logits, target)
    p = torch.sigmoid(logits.flatten())
    assert float(torch.sigmoid(rows.logits[0, 3, 0])) == pytest.approx(float(1 - (1 - p[1]) * (1 - p[2])), abs=1e-6)
    assert rows.known.tolist() == [[0, 0, 0, 1]]


def test_only_the_outputs_of_the_union_are_taught():
    logits = torch.zeros(1, 3, 1, 2, 2, requires_grad=True)
    target = Target(
        torch.zeros(1, 3, 1, 2, 2),
        torch.zeros(1, 3),
        union=torch.ones(1, 1, 1, 2, 2),
        union_of=(1, 2),
        union_known=torch.ones(1),
    )
    CrossEntropyLoss()(logits, target).backward()
    assert logits.grad[:, 0].abs().max() == 0
    assert (logits.grad[:, 1:] < 0).all()


@pytest.mark.parametrize("value", [-60.0, 0.0, 60.0])
def test_the_union_stays_finite_for_sure_networks(value):
    logits = torch.full((1, 2, 1, 1, 1), value, requires_grad=True)
    target = Target(
        torch.zeros(1, 2, 1, 1, 1),
        torch.zeros(1, 2),
        union=torch.ones(1, 1, 1, 1, 1),
        union_of=(0, 1),
        union_known=torch.ones(1),
    )
    loss = CrossEntropyLoss()(logits, target)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_moving_keeps_everything():
    target = Target(torch.ones(1, 1, 1, 1, 1), torch.ones(1, 1), valid=torch.ones(1, 1, 1, 1, 1), union_of=(0,))
    moved = target.to(torch.device("cpu"))
    assert moved.union is None
    assert moved.union_of == (0,)
    assert moved.valid is not None
