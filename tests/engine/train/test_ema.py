"""The average follows, and measured statistics are those of the data."""

import pytest
import torch
from torch import nn

from engine.train.ema import Average, freeze_norms, steady_norms


def test_the_average_goes_part_of_the_way():
    model = nn.Linear(2, 1)
    average = Average(model, 0.9)
    before = average.model.weight.clone()
    with torch.no_grad():
        model.weight += 1.0
    average.update(model, step=1000)
    torch.testing.assert_close(average.model.weight, before + 0.1)


def test_without_decay_it_is_the_model():
    model = nn.Linear(2, 1)
    average = Average(model, 0.0)
    with torch.no_grad():
        model.weight.fill_(3.0)
    average.update(model, step=5)
    torch.testing.assert_close(average.model.weight, model.weight)


def test_steady_statistics_are_the_plain_mean_and_stay_when_frozen():
    model = nn.Sequential(nn.BatchNorm3d(1)).train()
    batches = [torch.full((1, 1, 2, 2, 2), v) + torch.randn(1, 1, 2, 2, 2) * 0.01 for v in (0.0, 1.0, 5.0)]
    steady_norms(model, batches, torch.device("cpu"), bf16=False)
    assert float(model[0].running_mean) == pytest.approx(2.0, abs=0.05)
    assert model[0].momentum == 0.1
    freeze_norms(model)
    model(torch.full((1, 1, 2, 2, 2), 100.0))
    assert float(model[0].running_mean) == pytest.approx(2.0, abs=0.05)
    average = Average(model, 0.9)
    model[0].running_mean.fill_(7.0)
    average.take_buffers(model)
    assert float(average.model[0].running_mean) == 7.0
