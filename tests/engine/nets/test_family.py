"""What every network of the table keeps to, whoever added it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.losses.registry import LOSSES
from engine.losses.target import Target
from engine.nets.card import Card
from engine.nets.checkpoint import load, save
from engine.nets.facts import network_facts
from engine.nets.registry import NETWORKS, arch_dict, build, network_id_of
from tests.support.networks import small_arch

NAMES = list(NETWORKS)


def small(name: str, **arguments: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(name, {**small_arch(name), **arguments})


def used(name: str, **arguments: Any) -> torch.nn.Module:
    """A narrow network whose batch statistics are those of what it sees, as after training."""
    model = small(name, **arguments)
    for module in model.modules():
        if hasattr(module, "momentum"):
            module.momentum = None  # a plain mean
    with torch.no_grad():
        for seed in range(4):
            model(torch.randn(window(name, batch=4).shape, generator=torch.Generator().manual_seed(10 + seed)))
    return model.eval()


def window(name: str, *, size: int = 64, batch: int = 1) -> torch.Tensor:
    depth = 16 if NETWORKS.get(name).dims == 3 else 1
    return torch.randn(batch, 1, depth, size, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", NAMES)
def test_the_papers_input_gives_its_size_and_costs_what_the_table_says(name: str) -> None:
    facts = network_facts(name)
    outputs = 4 if name == "rau_net2d" else 1  # the table counts its four classes
    arguments: dict[str, Any] = {"out_channels": outputs}
    if name == "ra_unet3d":  # its attention, 0.3 % of the whole, cannot be counted without computing it
        arguments["ra_level"] = 0
    with torch.device("meta"):
        model = build(name, arguments).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            out = model(torch.zeros(1, 1, *facts.input))
    assert out.shape == (1, outputs, *facts.input)
    assert counter.get_total_flops() / 1e9 == pytest.approx(facts.gflop, rel=0.01)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1, 1), (3, 17, 29), (2, 130, 40)])
def test_any_size_is_served(name: str, size: tuple[int, int, int]) -> None:
    model = small(name, out_channels=3).eval()
    with torch.inference_mode():
        out = model(torch.randn(2, 1, *size))
    assert out.shape == (2, 3, *size)
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("name", [n for n in NAMES if NETWORKS.get(n).dims == 2])
def test_slices_of_a_volume_are_seen_alone(name: str) -> None:
    model = small(name).eval()
    volume = torch.randn(2, 1, 3, 32, 48)
    with torch.inference_mode():
        whole = model(volume)
        for z in range(3):
            assert torch.allclose(whole[:, :, z], model(volume[:, :, z]), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_reaches_every_parameter(name: str) -> None:
    model = small(name)
    for parameter_name, parameter in model.named_parameters():
        if parameter.ndim > 1 and not parameter.any():  # started at zero on purpose, and what lies before it
            torch.nn.init.normal_(parameter, std=0.1)
        elif parameter_name.endswith("norm3.weight"):
            torch.nn.init.ones_(parameter)
    model(torch.randn_like(window(name, batch=2))).square().mean().backward()
    before_norm = {
        f"{path}.{i}.bias" if path else f"{i}.bias"
        for path, module in model.named_modules()
        if isinstance(module, torch.nn.Sequential)
        for i in range(len(module) - 1)
        if "Conv" in type(module[i]).__name__ and "Norm" in type(module[i + 1]).__name__
    }
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        if parameter_name not in before_norm and not parameter_name.endswith("feed.bias"):
            assert parameter.grad.abs().max() > 0, parameter_name


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_network_and_the_same_answer(name: str) -> None:
    first, second = small(name).eval(), small(name).eval()
    x = window(name)
    with torch.inference_mode():
        assert torch.equal(first(x), second(x))
        assert torch.equal(first(x), first(x))


@pytest.mark.parametrize("name", NAMES)
def test_training_starts_from_nearly_nothing(name: str) -> None:
    with torch.inference_mode():
        share = torch.sigmoid(small(name).eval()(torch.zeros_like(window(name))))
    assert share.mean().item() == pytest.approx(0.01, abs=0.005)


@pytest.mark.parametrize("name", NAMES)
def test_bf16_says_nearly_what_fp32_says(name: str) -> None:
    model, x = used(name), window(name)
    with torch.inference_mode():
        exact = torch.sigmoid(model(x))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = torch.sigmoid(model(x).float())
    assert float(np.quantile((exact - rough).abs().numpy(), 0.999)) <= 0.02


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_comes_back(name: str, tmp_path: Path) -> None:
    model, x = small(name, out_channels=2).eval(), window(name)
    save(tmp_path / "w.safetensors", model, Card("w", name, ("lung_right", "lung_left"), patch=tuple(x.shape[2:])))
    back, card = load(tmp_path / "w.safetensors")
    assert network_id_of(back) == card.network == name
    assert arch_dict(back) == arch_dict(model)
    with torch.inference_mode():
        assert torch.equal(back(x), model(x))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("norm", "near"), [("bn", 1e-5), ("in", 3e-3)])
def test_openvino_says_what_torch_says(name: str, norm: str, near: float) -> None:
    from engine.predict.openvino_engine import convert, import_openvino

    model, x = used(name, norm=norm), window(name, size=128 if name == "au_net" else 32)
    torch.nn.init.normal_(_head(model).weight, std=0.05)
    with torch.inference_mode():
        wanted = model(x).numpy()
    ov = import_openvino()
    compiled = ov.Core().compile_model(
        convert(model, tuple(x.shape[2:])), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    )
    found = compiled(x.numpy())[0]
    assert np.abs(found - wanted).max() <= near
    assert wanted.std() > 0.02  # of an answer that says something


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_four_slices_can_be_learned_by_heart(name: str) -> None:
    """Or two small blocks in 3-D (torch convolves a single one slowly): blobs that are a little brighter than noise."""
    model = small(name)
    depth = 16 if NETWORKS.get(name).dims == 3 else 1
    generator = torch.Generator().manual_seed(2)
    z, y, x = torch.meshgrid(*(torch.arange(n) for n in (depth, 48, 48)), indexing="ij")
    truth = torch.stack(
        [
            ((z - depth // 2) ** 2 + (y - cy) ** 2 + (x - cx) ** 2 < 81)[None].float()
            for cy, cx in ((14, 30), (30, 14), (24, 24), (34, 34))[: 2 if depth > 1 else 4]
        ]
    )
    picture = 0.5 * truth + 0.2 * torch.randn(truth.shape, generator=generator)
    target = Target(truth, torch.ones(len(truth), 1))
    loss = LOSSES.get("combined")()
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for step in range(1, 201):
        optimiser.zero_grad()
        logits = model(picture)
        loss(logits, target).backward()
        optimiser.step()
        if step % 5 == 0:
            found = (logits.detach() > 0).float()
            if 2 * (found * truth).sum() / (found.sum() + truth.sum()) >= 0.95:
                return
    pytest.fail("200 updates were not enough")


def _head(model: torch.nn.Module) -> torch.nn.Conv2d:
    return model.head if hasattr(model, "head") else model.heads[0]  # type: ignore[return-value,index]
