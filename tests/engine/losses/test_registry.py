"""Every loss of the table is made, gives a scalar and has a gradient."""

import pytest
import torch

from engine.losses.registry import LOSSES
from engine.losses.target import Target


@pytest.mark.parametrize("name", list(LOSSES))
def test_every_loss_teaches(name):
    logits = torch.zeros(1, 2, 2, 3, 4, requires_grad=True)
    loss = LOSSES.get(name)()(logits, Target(torch.ones(1, 2, 2, 3, 4), torch.ones(1, 2)))
    assert loss.shape == ()
    loss.backward()
    assert (logits.grad < 0).all()
