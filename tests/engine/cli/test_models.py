"""`groundglass models`: networks with their numbers, weights with licence and hash."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.models import _dice
from engine.core.paths import data_dir
from engine.nets.card import write_card
from engine.nets.checkpoint import file_sha256
from engine.nets.registry import NETWORKS
from tests.support.models import named_model, tiny_model


@pytest.fixture
def own() -> Path:
    folder = data_dir() / "weights"
    folder.mkdir(parents=True)
    path = folder / "mine.safetensors"
    model = tiny_model(path)
    write_card(path.with_suffix(".toml"), replace(model.card, title="Mine", figures={"dice": {"effusion": 0.61}}))
    return path


def test_json_tells_networks_and_weights(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [n["id"] for n in told["networks"]] == list(NETWORKS)
    ra = told["networks"][0]
    assert (ra["id"], ra["parameters"], ra["gflop"]) == ("ra_unet3d", 12_473_009, 230.1)
    assert "Zeng" in ra["paper"]
    mine = next(w for w in told["weights"] if w["id"] == "mine")
    assert mine["network"] == "ra_unet3d"
    assert mine["licence"] == "CC0-1.0"
    assert mine["sha256"] == file_sha256(own)
    assert mine["dice"] == {"effusion": 0.61}


@pytest.mark.parametrize(
    ("figures", "dice"),
    [
        ({"validation_dice": {"lung": 0.97, "mean": 0.97}, "step": 30}, {"lung": 0.97, "mean": 0.97}),
        ({"dice": 0.5}, {"mean": 0.5}),
        (
            {"synthetic": {"lung": {"dice": 0.98, "n": 6}}, "real": {"lesion": {"dice": 0.5, "n": 3}}},
            {"lesion": 0.5},
        ),
        ({"dice_lung": 0.9, "hd95_lung": 4.0}, {"lung": 0.9}),
        ({"dice": {"lung": "good"}}, {}),
        ({}, {}),
    ],
)
def test_dice_is_read_however_the_card_tells_it(figures: dict[str, object], dice: dict[str, float]) -> None:
    model = named_model(("lung",), figures=figures)
    assert _dice(model) == dice


def test_the_list_is_readable(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "12.5 M parameters" in out
    assert "Mine" in out
    assert "effusion 0.610" in out


def test_a_damaged_file_is_named_on_stderr_and_the_rest_is_listed(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own.parent / "bad.safetensors").write_bytes(b"rubbish")
    assert main(["models", "--json"]) == 0
    told = capsys.readouterr()
    assert "bad.safetensors" in told.err
    assert "mine" in {w["id"] for w in json.loads(told.out)["weights"]}


def test_the_list_says_which_weights_allow_no_commercial_use(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_model(own.parent / "bound.safetensors", licence="CC-BY-NC-SA-4.0")
    assert main(["models"]) == 0
    assert "Licence: CC-BY-NC-SA-4.0 (no commercial use)" in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    told = {w["id"]: w["non_commercial"] for w in json.loads(capsys.readouterr().out)["weights"]}
    assert (told["bound"], told["mine"]) == (True, False)
