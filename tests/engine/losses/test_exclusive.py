"""Exclusive classes against torch's own cross entropy, and what was not drawn."""

from __future__ import annotations

import pytest
import torch

from engine.losses.exclusive import ExclusiveCrossEntropy
from engine.losses.target import Target


def test_it_is_torchs_cross_entropy_where_everything_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((2, 4, 3, 5, 6), generator=generator)
    classes = torch.randint(0, 4, (2, 3, 5, 6), generator=generator)
    labels = torch.stack([(classes == k).float() for k in (1, 2, 3)], dim=1)
    wanted = torch.nn.functional.cross_entropy(logits, classes)
    assert float(ExclusiveCrossEntropy()(logits, Target(labels, torch.ones(2, 3)))) == pytest.approx(
        float(wanted), abs=1e-6
    )


def test_a_lesion_wins_over_the_lung_it_lies_in() -> None:
    logits = torch.randn(1, 3, 1, 1, 1)
    both = Target(torch.ones(1, 2, 1, 1, 1), torch.ones(1, 2))
    assert float(ExclusiveCrossEntropy()(logits, both)) == pytest.approx(
        -float(torch.log_softmax(logits, 1)[0, 2]), abs=1e-6
    )


def test_what_was_not_drawn_is_no_background() -> None:
    """Voxels without a label: class 2 may be there, so moving its share to the background changes nothing."""
    target = Target(torch.zeros(1, 2, 1, 2, 2), torch.tensor([[1.0, 0.0]]))
    logits = torch.zeros(1, 3, 1, 2, 2, requires_grad=True)
    loss = ExclusiveCrossEntropy()(logits, target)
    assert float(loss.detach()) == pytest.approx(-torch.log(torch.tensor(2 / 3)).item(), abs=1e-6)
    loss.backward()
    assert torch.allclose(logits.grad[:, 0], logits.grad[:, 2])
    assert (logits.grad[:, 1] > 0).all()


def test_a_sample_without_any_drawing_and_padding_cost_nothing() -> None:
    logits = torch.randn(2, 3, 1, 2, 2, requires_grad=True)
    valid = torch.ones(2, 1, 1, 2, 2)
    valid[0, ..., 0] = 0
    target = Target(torch.zeros(2, 2, 1, 2, 2), torch.tensor([[1.0, 1.0], [0.0, 0.0]]), valid)
    ExclusiveCrossEntropy()(logits, target).backward()
    assert logits.grad[1].abs().max() == 0
    assert logits.grad[0, ..., 0].abs().max() == 0
    assert logits.grad[0, ..., 1].abs().min() > 0


def test_groups_are_cross_entropies_side_by_side() -> None:
    logits = torch.randn(1, 5, 1, 2, 3)
    classes = [torch.randint(0, n, (1, 1, 2, 3)) for n in (3, 2)]
    labels = torch.stack([classes[0] == 1, classes[0] == 2, classes[1] == 1], dim=1).float()
    found = ExclusiveCrossEntropy(groups=[[0, 1], [2]])(logits, Target(labels, torch.ones(1, 3)))
    wanted = sum(
        float(torch.nn.functional.cross_entropy(part, truth))
        for part, truth in zip((logits[:, :3], logits[:, 3:]), classes, strict=True)
    )
    assert float(found) == pytest.approx(wanted / 2, abs=1e-6)


def test_labels_drawn_as_one_ask_for_some_of_them_whatever_lies_beneath() -> None:
    """Lung drawn, lesions known as one mask only: in the mask either lesion, beyond it neither."""
    labels = torch.zeros(1, 3, 1, 1, 3)
    labels[:, 0] = 1  # lung everywhere, but for the last voxel
    labels[..., 2] = 0
    union = torch.tensor([1.0, 0, 0]).view(1, 1, 1, 1, 3)
    target = Target(labels, torch.tensor([[1.0, 0, 0]]), None, union, (1, 2), torch.ones(1))
    logits = torch.zeros(1, 4, 1, 1, 3)
    p = torch.tensor([2 / 4, 1 / 4, 1 / 4])  # lesions; lung; background, as the lung was drawn
    assert float(ExclusiveCrossEntropy()(logits, target)) == pytest.approx(-float(p.log().mean()), abs=1e-6)
