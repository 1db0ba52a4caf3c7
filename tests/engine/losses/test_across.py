"""Alone, a sum is what it was; the several processes are tested with the training."""

import torch

from engine.losses.across import together


def test_alone_nothing_happens():
    values = torch.randn(3, requires_grad=True)
    assert together(values) is values
