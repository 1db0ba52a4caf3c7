"""Doubt is nothing where a network is sure, and one where it tosses a coin."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.explain.doubt import entropy, flip_doubt, probabilities
from engine.nets.card import Card

SIDES = Card("c", "ra_unet3d", ("lung_right", "lung_left", "effusion"))


class BySide(nn.Module):
    """Right lung in the left half of the picture, left lung in the other: mirrors with it or not."""

    def __init__(self, *, fair: bool) -> None:
        super().__init__()
        self.fair = fair

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        right = torch.full_like(x, -4.0)
        right[..., : x.shape[-1] // 2] = 4.0
        sloped = x if self.fair else x.cumsum(-1)
        return torch.cat([right, right.flip(-1), sloped - 5], dim=1)


def test_entropy_is_that_of_the_most_doubtful_label() -> None:
    p = np.array([[[[0.5, 1.0, 0.0]]], [[[0.9, 0.11, 0.0]]]], np.float32)
    bits = entropy(p)
    assert bits[0, 0, 0] == pytest.approx(1.0)
    assert bits[0, 0, 1] == pytest.approx(-(0.11 * np.log2(0.11) + 0.89 * np.log2(0.89)), abs=1e-5)
    assert bits[0, 0, 2] == pytest.approx(0.0, abs=1e-4)


def test_a_network_that_mirrors_with_the_picture_has_no_doubt() -> None:
    x = torch.rand(1, 1, 2, 4, 8)
    assert flip_doubt(BySide(fair=True), SIDES, x).max() < 1e-6
    assert flip_doubt(BySide(fair=False), SIDES, 3 * x).max() > 0.1


def test_a_label_without_its_mirror_image_is_left_out() -> None:
    alone = Card("c", "ra_unet3d", ("lung_right",))
    assert not flip_doubt(nn.Identity(), alone, torch.rand(1, 1, 2, 3, 4)).any()


@pytest.mark.parametrize("head", ["sigmoid", "softmax", "grouped"])
def test_probabilities_follow_the_head(head: str) -> None:
    card = Card("c", "ra_unet3d", ("lung_right", "ground_glass"), head=head)  # type: ignore[arg-type]
    logits = torch.randn(1, card.channels, 2, 3, 4)
    p = probabilities(nn.Identity(), card, logits)
    if head == "sigmoid":
        wanted = torch.sigmoid(logits[0])
    elif head == "softmax":
        wanted = torch.softmax(logits[0], 0)[1:]
    else:
        wanted = torch.stack([torch.softmax(logits[0, :2], 0)[1], torch.softmax(logits[0, 2:], 0)[1]])
    assert np.allclose(p, wanted.numpy(), atol=1e-6)
