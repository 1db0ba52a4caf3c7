"""What the neighbours of a slice are, and that they matter."""

import pytest
import torch

from engine.core.errors import ModelError
from engine.nets.registry import build
from engine.nets.unet25d import Unet25d


def _small(context=1):
    torch.manual_seed(0)
    model = build("unet25d", {"widths": (4, 8, 16), "out_channels": 2, "context": context}).eval()
    torch.nn.init.normal_(model.plane.head.weight)
    return model


def test_a_slice_is_read_with_its_neighbours_and_the_ends_stand_in_for_missing_ones():
    model = _small()
    x = torch.randn(1, 1, 4, 24, 32)
    order = [(0, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 3)]
    with torch.inference_mode():
        whole = model(x)
        for z, near in enumerate(order):
            alone = model.plane(torch.cat([x[:, :, n] for n in near], dim=1))
            assert torch.allclose(whole[:, :, z], alone, atol=1e-5)


def test_a_framed_input_says_the_same_of_the_slices_inside_the_frame():
    model = _small()
    x = torch.randn(1, 1, 5, 24, 32)
    with torch.inference_mode():
        assert model.frame == 1
        assert torch.allclose(model(x, framed=True), model(x)[:, :, 1:-1], atol=1e-5)


def test_what_lies_farther_away_changes_nothing():
    model = _small(context=2)
    x = torch.randn(1, 1, 9, 24, 32)
    other = x.clone()
    other[:, :, 7:] = 5.0
    with torch.inference_mode():
        a, b = model(x), model(other)
    assert torch.equal(a[:, :, :5], b[:, :, :5])
    assert not torch.allclose(a[:, :, 5], b[:, :, 5], atol=1e-3)


def test_an_impossible_reach_is_refused():
    with pytest.raises(ModelError, match="context"):
        Unet25d(Unet25d.Arch(context=-1))
