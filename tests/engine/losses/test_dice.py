"""Dice against a slow loop, hand values, and its gradients."""

import pytest
import torch

from engine.losses.dice import DiceLoss
from engine.losses.target import Target


def _case(seed=0, shape=(2, 3, 4, 5, 6)):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(shape, generator=generator)
    labels = (torch.rand(shape, generator=generator) > 0.7).float()
    return logits, Target(labels, torch.ones(shape[:2]))


def _slow(logits, labels, epsilon=1.0):
    p = torch.sigmoid(logits)
    losses = []
    for k in range(p.shape[1]):
        both = both_sums = 0.0
        for b in range(p.shape[0]):
            for pv, yv in zip(p[b, k].flatten().tolist(), labels[b, k].flatten().tolist(), strict=True):
                both += pv * yv
                both_sums += pv + yv
        losses.append(1 - (2 * both + epsilon) / (both_sums + epsilon))
    return sum(losses) / len(losses)


def test_it_agrees_with_a_slow_loop():
    logits, target = _case()
    assert float(DiceLoss()(logits, target)) == pytest.approx(_slow(logits, target.labels), abs=1e-6)


def test_a_perfect_answer_costs_nothing_and_its_reverse_almost_one():
    _, target = _case()
    sure = (target.labels * 2 - 1) * 30
    assert float(DiceLoss()(sure, target)) == pytest.approx(0, abs=1e-6)
    assert float(DiceLoss()(-sure, target)) > 0.97


def test_an_empty_label_left_empty_costs_nothing():
    target = Target(torch.zeros(1, 1, 2, 2, 2), torch.ones(1, 1))
    assert float(DiceLoss()(torch.full((1, 1, 2, 2, 2), -30.0), target)) == pytest.approx(0, abs=1e-6)


def test_a_label_that_was_not_drawn_has_no_part_in_it():
    logits, target = _case()
    without = Target(target.labels, torch.tensor([[1.0, 0, 1], [1, 0, 1]]))
    wild = logits.clone()
    wild[:, 1] = 17.0
    assert float(DiceLoss()(logits, without)) == pytest.approx(float(DiceLoss()(wild, without)), abs=1e-7)
    wild.requires_grad_()
    DiceLoss()(wild, without).backward()
    assert wild.grad[:, 1].abs().max() == 0


def test_voxels_outside_the_annotated_slices_have_no_part_in_it():
    logits, target = _case()
    valid = torch.ones(2, 1, 4, 5, 6)
    valid[:, :, 2:] = 0
    cut = DiceLoss()(logits[:, :, :2], Target(target.labels[:, :, :2], target.annotated))
    masked = DiceLoss()(logits, Target(target.labels, target.annotated, valid))
    assert float(masked) == pytest.approx(float(cut), abs=1e-6)


def test_per_sample_is_the_mean_of_single_samples():
    logits, target = _case()
    loss = DiceLoss(per_sample=True)
    single = [loss(logits[i : i + 1], Target(target.labels[i : i + 1], target.annotated[i : i + 1])) for i in (0, 1)]
    assert float(loss(logits, target)) == pytest.approx(float(sum(single)) / 2, abs=1e-6)


def test_squares_are_those_of_v_net():
    logits, target = _case()
    p, y = torch.sigmoid(logits), target.labels
    dims = (0, 2, 3, 4)
    expected = (1 - (2 * (p * y).sum(dims) + 1) / ((p**2 + y**2).sum(dims) + 1)).mean()
    assert float(DiceLoss(squared=True)(logits, target)) == pytest.approx(float(expected), abs=1e-6)


def test_bf16_logits_are_summed_in_fp32():
    logits, target = _case(shape=(1, 1, 16, 64, 64))
    low = DiceLoss()(logits.bfloat16(), target)
    assert low.dtype == torch.float32
    assert float(low) == pytest.approx(float(DiceLoss()(logits, target)), abs=2e-3)


def test_a_label_missing_from_the_batch_can_be_left_to_another_loss():
    logits, target = _case()
    target.labels[:, 2] = 0
    two = Target(target.labels[:, :2], torch.ones(2, 2))
    assert float(DiceLoss(absent=False)(logits, target)) == pytest.approx(_slow(logits[:, :2], two.labels), abs=1e-6)
    assert float(DiceLoss()(logits, target)) > float(DiceLoss(absent=False)(logits, target)) + 0.05


def test_a_faint_output_is_not_pushed_further_down_by_batches_without_its_label():
    faint = torch.full((1, 1, 4, 8, 8), -6.0, requires_grad=True)
    DiceLoss(absent=False)(faint, Target(torch.zeros(1, 1, 4, 8, 8), torch.ones(1, 1))).backward()
    assert faint.grad is not None
    assert float(faint.grad.abs().max()) == 0
