"""Which output means what."""

from __future__ import annotations

import pytest
import torch

from engine.nets.heads import Group, HeadKind, groups, output_count, outputs, start_groups
from engine.nets.registry import NETWORKS, build
from tests.support.networks import small_arch

FIVE = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")


def test_sigmoids_have_one_output_a_label() -> None:
    assert groups("sigmoid", FIVE) == ()
    assert output_count("sigmoid", FIVE) == 5
    assert outputs("sigmoid", FIVE) == (0, 1, 2, 3, 4)


def test_softmax_has_nothing_first() -> None:
    assert output_count("softmax", FIVE) == 6
    assert outputs("softmax", FIVE) == (1, 2, 3, 4, 5)


def test_lungs_and_lesions_exclude_among_themselves() -> None:
    mixed = ("ground_glass", "lung_left", "effusion", "lung_right")
    assert groups("grouped", mixed) == (Group(0, (1, 3)), Group(3, (0, 2)))
    assert output_count("grouped", mixed) == 6
    assert outputs("grouped", mixed) == (4, 1, 5, 2)


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("head", ["softmax", "grouped", "sigmoid"])
def test_every_label_of_new_weights_starts_at_its_prior(name: str, head: HeadKind) -> None:
    """Exclusive or not: a chest without lungs or lesions is where each begins."""
    count = output_count(head, FIVE)
    model = build(name, {**small_arch(name), "out_channels": count, "prior": 0.02}).eval()
    start_groups(model, head, FIVE)
    with torch.inference_mode():
        logits = model(torch.zeros(1, 1, 16, 32, 32))[0].flatten(1).mean(dim=1)
    if head == "sigmoid":
        found = torch.sigmoid(logits)
    else:
        parts = [logits[g.first : g.first + len(g.labels) + 1].softmax(0)[1:] for g in groups(head, FIVE)]
        found = torch.cat(parts)
    assert torch.allclose(found, torch.full((5,), 0.02), atol=0.006)
