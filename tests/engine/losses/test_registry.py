"""Every loss of the table is made, gives a scalar and has a gradient."""

import pytest
import torch

from engine.losses.registry import LOSSES
from engine.losses.target import Target


@pytest.mark.parametrize("name", list(LOSSES))
def test_every_loss_teaches(name):
    labels = torch.zeros(1, 2, 2, 4, 4)
    labels[:, 1] = 1
    outputs = 3 if name == "exclusive" else 2  # one for "none of them"
    logits = torch.zeros(1, outputs, 2, 4, 4, requires_grad=True)
    loss = LOSSES.get(name)()(logits, Target(labels, torch.ones(1, 2)))
    assert loss.shape == ()
    loss.backward()
    assert (logits.grad[:, -1] < 0).all()  # more of what is there
    assert (logits.grad[:, :-1] > 0).all()  # less of what is not
