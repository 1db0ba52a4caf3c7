"""RA-UNet: parameter counts to the unit, any size, the block that starts as the identity."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from engine.core.errors import ModelError
from engine.nets.blocks import UpProject
from engine.nets.ra_unet3d import RaUnet3d, RaUnet3dArch
from engine.nets.registry import build

SMALL = {"widths": (4, 8, 8, 16, 16), "patch": (16, 32, 48), "ra_reduction": 4}


def count(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ({"norm": "in"}, 12_473_009),
        ({"norm": "bn"}, 12_473_009),
        ({"ra_level": 3}, 12_464_369),
        ({"ra_level": 2}, 12_462_161),
        ({"ra_level": 0}, 12_459_697),
    ],
)
def test_the_parameters_are_counted_to_the_unit(arguments: dict[str, object], parameters: int) -> None:
    with torch.device("meta"):
        assert count(RaUnet3d(RaUnet3dArch(**arguments))) == parameters


def test_one_window_costs_230_gflop() -> None:
    with torch.device("meta"):
        model = RaUnet3d(RaUnet3dArch(ra_level=0)).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, 1, 32, 192, 192))
    assert counter.get_total_flops() / 1e9 == pytest.approx(229.4, rel=0.002)


@pytest.mark.parametrize("size", [(31, 37, 50), (1, 33, 17), (16, 32, 48)])
@pytest.mark.parametrize("position", ["axial", "relative", "none"])
def test_the_output_has_the_size_of_the_input(size: tuple[int, int, int], position: str) -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL, pos=position, out_channels=3)).eval()
    with torch.inference_mode():
        assert model(torch.randn(2, 1, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("norm", ["in", "bn"])
def test_the_attention_starts_as_the_identity(norm: str) -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL, norm=norm)).eval()
    x = torch.randn(1, 16, 2, 4, 6)
    assert model.ra is not None
    assert torch.equal(model.ra(x), F.relu(x))


def test_training_starts_from_nearly_nothing_is_lesion() -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL)).eval()
    with torch.inference_mode():
        share = torch.sigmoid(model(torch.zeros(1, 1, 16, 32, 48)))
    assert share.mean().item() == pytest.approx(0.01, abs=0.003)


def test_projecting_before_enlarging_is_the_same_function() -> None:
    up = UpProject(6, 3, (2, 2, 2)).double()
    x = torch.randn(1, 6, 3, 4, 5, dtype=torch.float64)
    after = up.project(F.interpolate(x, scale_factor=(2.0, 2.0, 2.0), mode="trilinear", align_corners=False))
    assert torch.allclose(up(x), after, atol=1e-12)


def test_the_gradient_reaches_the_first_layer_and_the_code_of_position() -> None:
    torch.manual_seed(0)
    model = RaUnet3d(RaUnet3dArch(**SMALL))
    torch.nn.init.ones_(model.ra.norm3.weight)  # type: ignore[union-attr]
    model(torch.randn(1, 1, 16, 32, 48)).square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert model.stem[0].weight.grad.abs().max() > 0
    assert model.ra.attention.position.w_h.grad.abs().max() > 0  # type: ignore[union-attr]


def test_samples_of_a_batch_do_not_see_each_other() -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL)).eval()
    x = torch.randn(3, 1, 16, 32, 48)
    with torch.inference_mode():
        together = model(x)
        alone = torch.cat([model(one[None]) for one in x])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_window_of_training_can_be_set_again_without_a_change() -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL)).eval()
    torch.nn.init.ones_(model.ra.norm3.weight)  # type: ignore[union-attr]
    x = torch.randn(1, 1, 16, 32, 48)
    with torch.inference_mode():
        before = model(x)
        model.set_patch((16, 32, 48))
        assert torch.equal(model(x), before)


def test_a_new_window_is_kept_in_the_arguments_and_in_the_tables() -> None:
    model = RaUnet3d(RaUnet3dArch(**SMALL))
    model.set_patch((32, 64, 64))
    assert model.arch.patch == (32, 64, 64)
    again = RaUnet3d(model.arch)
    again.load_state_dict(model.state_dict())


def test_thick_slices_may_keep_their_depth() -> None:
    strides = ((1, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2))
    model = RaUnet3d(RaUnet3dArch(**SMALL, down_strides=strides)).eval()
    assert model.required_multiple == (8, 16, 16)
    with torch.inference_mode():
        assert model(torch.randn(1, 1, 8, 32, 48)).shape == (1, 1, 8, 32, 48)


def test_auxiliary_heads_serve_training_only() -> None:
    plain, deep = (RaUnet3d(RaUnet3dArch(**SMALL, deep_supervision=d)).eval() for d in (False, True))
    x = torch.randn(1, 1, 16, 32, 48)
    with torch.inference_mode():
        assert isinstance(deep(x), torch.Tensor)
        shapes = [tuple(t.shape[2:]) for t in deep.forward_deep(x)]
        assert shapes == [(16, 32, 48), (8, 16, 24), (4, 8, 12), (2, 4, 6)]
        assert len(plain.forward_deep(x)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"ra_level": 5},
        {"ra_level": 1},
        {"norm": "gn"},
        {"pos": "sine"},
        {"heads": 3},
        {"widths": (4, 8)},
        {"prior": 1.0},
    ],
)
def test_arguments_that_cannot_be_built_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="cannot be built"):
        RaUnet3dArch(**{**SMALL, **wrong})


def test_plain_values_build_the_same_network() -> None:
    model = build("ra_unet3d", {"widths": [4, 8, 8, 16, 16], "patch": [16, 32, 48]})
    assert model.arch == RaUnet3dArch(widths=(4, 8, 8, 16, 16), patch=(16, 32, 48))


@pytest.mark.slow
def test_it_learns_one_patch_by_heart() -> None:
    torch.manual_seed(3)
    model = RaUnet3d(RaUnet3dArch(widths=(4, 8, 8, 8, 8), blocks=1, ra_reduction=2, patch=(16, 32, 32)))
    z, y, x = torch.meshgrid(torch.arange(16), torch.arange(32), torch.arange(32), indexing="ij")
    truth = (((z - 7) / 5) ** 2 + ((y - 18) / 8) ** 2 + ((x - 12) / 6) ** 2 < 1).float()[None, None]
    image = truth * 0.3 + 0.2 * torch.randn(1, 1, 16, 32, 32)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(60):
        p = torch.sigmoid(model(image))
        loss = 1 - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = (torch.sigmoid(model(image)) > 0.5).float()
    assert 2 * (found * truth).sum() / (found.sum() + truth.sum()) > 0.95
