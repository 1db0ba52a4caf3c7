"""Weight files: what was saved comes back; what is damaged or foreign is refused with a sentence."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.core.errors import ModelError
from engine.nets.card import Card
from engine.nets.checkpoint import file_sha256, load, read_header, save
from engine.nets.registry import build
from engine.prep.normalise import Intensity
from tests.support.models import FIVE, TINY, tiny_model

CARD = Card(
    "five",
    "ra_unet3d",
    FIVE,
    patch=(16, 32, 32),
    spacing=(2.0, 1.5, 1.5),
    intensity=Intensity("zscore", -900, 300, -600, 250),
    thresholds=(0.5, 0.5, 0.4, 0.6, 0.5),
    title="Lungs and lesions, “quoted”",
)


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build("ra_unet3d", {**TINY, "out_channels": 5})


def test_network_and_card_come_back(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "five.safetensors"
    told = save(path, network, CARD)
    back, card = load(path)
    assert card == told
    assert card.sha256 == file_sha256(path)
    assert (card.labels, card.spacing, card.intensity, card.thresholds) == (
        CARD.labels,
        CARD.spacing,
        CARD.intensity,
        CARD.thresholds,
    )
    assert back.arch == network.arch
    assert not back.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(back.state_dict()[name], tensor), name


def test_large_statistics_survive_half_the_bytes(tmp_path: Path) -> None:
    """A variance beyond 65 504 would be infinite in 16 bits and silence its channel."""
    network = build("ra_unet3d", {**TINY, "norm": "bn", "out_channels": 5})
    norm = next(m for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d))
    norm.running_var.fill_(1e6)  # type: ignore[union-attr]
    norm.weight.data.fill_(1e5)
    save(tmp_path / "half.safetensors", network, CARD, half=True)
    back, _ = load(tmp_path / "half.safetensors")
    x = torch.randn(1, 1, 16, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(back(x), network.eval()(x), rtol=0.02, atol=0.05)


def test_weights_that_are_no_numbers_are_not_written(tmp_path: Path, network: torch.nn.Module) -> None:
    next(network.parameters()).data.flatten()[0] = float("nan")
    with pytest.raises(ModelError, match="no number"):
        save(tmp_path / "nan.safetensors", network, CARD)
    assert not list(tmp_path.iterdir())


def test_infinite_weights_are_not_used(
    tmp_path: Path, network: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file written elsewhere, or by a version that did not look."""
    monkeypatch.setattr("engine.nets.checkpoint._check_finite", lambda *_: None)
    next(network.parameters()).data.flatten()[0] = float("inf")
    save(tmp_path / "inf.safetensors", network, CARD)
    monkeypatch.undo()
    with pytest.raises(ModelError, match="infinite"):
        load(tmp_path / "inf.safetensors")


def test_half_the_bytes_keep_three_digits(tmp_path: Path, network: torch.nn.Module) -> None:
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save(whole, network, CARD)
    save(half, network, CARD, half=True)
    assert half.stat().st_size < 0.75 * whole.stat().st_size
    back, _ = load(half)
    for name, tensor in network.state_dict().items():
        assert back.state_dict()[name].dtype == tensor.dtype
        assert torch.allclose(back.state_dict()[name], tensor, rtol=1e-3, atol=1e-6), name


def test_the_header_tells_the_card_without_the_tensors(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    header = read_header(path)
    assert header.card.labels == FIVE
    assert header.shapes["head.weight"] == (5, 2, 1, 1, 1)


def test_a_pickle_is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    old, new = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    old.write_bytes(pickle.dumps({"weight": 1}, protocol=4))
    torch.save({"weight": torch.zeros(3)}, new)
    for path in (old, new):
        with pytest.raises(ModelError, match="pickle") as told:
            load(path)
        assert "run any code" in told.value.why


def test_a_flipped_bit_is_found(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    data = bytearray(path.read_bytes())
    data[-1001] ^= 8
    path.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        load(path)


@pytest.mark.parametrize("size", [0, 5, 300, -1])
def test_a_file_cut_short_is_found(tmp_path: Path, network: torch.nn.Module, size: int) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match="damaged") as told:
        load(path)
    assert told.value.why
    assert told.value.fix


def test_a_missing_file_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="do not exist") as told:
        load(tmp_path / "none.safetensors")
    assert str(tmp_path) in told.value.why


def rewritten(path: Path, **changes: object) -> None:
    """Write a file with another card around the same tensors."""
    from safetensors.torch import load_file

    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    card = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["card"])
    card.update(changes)
    save_file(load_file(path), path, metadata={"format": "groundglass-1", "card": json.dumps(card)})


def test_tensors_of_another_width_are_refused_with_both_sizes(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    arch = dict(read_header(path).card.arch)
    rewritten(path, arch={**arch, "widths": [4, 4, 4]})
    with pytest.raises(ModelError, match="do not fit") as told:
        load(path)
    assert "expected" in told.value.why


def test_missing_tensors_are_named(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    arch = dict(read_header(path).card.arch)
    rewritten(path, arch={**arch, "blocks": 2})
    with pytest.raises(ModelError, match="missing"):
        load(path)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"network": "vnet"}, "does not have"),
        ({"arch_version": 99}, "layout"),
        ({"labels": ["lung_right", "lung_left"], "thresholds": []}, "fit"),
        ({"labels": []}, "no label"),
        ({"intensity": {"kind": "unit", "gamma": 2}}, "does not know"),
        ({"head": "magic"}, "head"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    tmp_path: Path, network: torch.nn.Module, changes: dict[str, object], word: str
) -> None:
    path = tmp_path / "five.safetensors"
    save(path, network, CARD)
    rewritten(path, **changes)
    with pytest.raises(ModelError, match=word):
        load(path)


def test_safetensors_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(2)}, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match="no card"):
        load(path)


def test_one_label_per_output_is_demanded_when_saving(tmp_path: Path, network: torch.nn.Module) -> None:
    with pytest.raises(ModelError, match="does not fit"):
        save(tmp_path / "x.safetensors", network, replace(CARD, labels=FIVE[:3], thresholds=()))
    assert list(tmp_path.iterdir()) == []


def test_a_tiny_model_is_found_as_it_was_written(tmp_path: Path) -> None:
    assert tiny_model(tmp_path / "t.safetensors").id == "t"
