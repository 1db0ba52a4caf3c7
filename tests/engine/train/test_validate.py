"""Validation measures what the network says, window by window."""

import pytest
import torch
from torch import nn

from engine.train.validate import scores
from tests.support.training import tiny_recipe, tiny_sample


class _ByDensity(nn.Module):
    """Says lung on both sides and ground-glass from the intensity alone."""

    def forward(self, x):
        hu = x * 2000 - 1000
        lung = (hu < -250).float() * 20 - 10
        haze = ((hu < -250) & (hu > -600)).float() * 20 - 10
        return torch.cat([lung, lung, haze], dim=1)


def test_dice_is_that_of_the_whole_case():
    sample = tiny_sample()
    got = scores(_ByDensity(), tiny_recipe(), [sample], torch.device("cpu"), bf16=False)
    assert got["ground_glass"] == pytest.approx(1.0, abs=0.01)
    right, both = (sample.lungs == 1).sum(), (sample.lungs > 0).sum()
    assert got["lung_right"] == pytest.approx(2 * right / (right + both), abs=0.01)
    assert got["mean"] == pytest.approx(sum(got[k] for k in ("lung_right", "lung_left", "ground_glass")) / 3)


def test_a_label_nobody_has_is_left_out():
    sample = tiny_sample()
    sample.labels[sample.labels == 3] = 2
    got = scores(_ByDensity(), tiny_recipe(), [sample], torch.device("cpu"), bf16=False)
    assert "ground_glass" not in got
