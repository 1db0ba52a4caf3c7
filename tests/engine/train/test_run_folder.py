"""A run's folder: never two runs in one, curves that survive a crash, damage that is named."""

import pytest
import torch

from engine.core.errors import InputError, ModelError
from engine.nets.checkpoint import load
from engine.nets.registry import build
from engine.train import run_folder
from engine.train.split import Split
from tests.support.training import tiny_recipe


def test_a_recipe_comes_back_from_its_folder(tmp_path):
    recipe = tiny_recipe()
    run_folder.start(tmp_path, recipe, split=None, threads=2)
    assert run_folder.read_recipe(tmp_path) == recipe
    assert (tmp_path / "environment.json").exists()


def test_the_card_says_how_the_cases_were_split(tmp_path):
    recipe = tiny_recipe()
    run_folder.start(tmp_path, recipe, split=Split(("a", "b"), ("c",), "patient"), threads=2)
    run_folder.write_weights(tmp_path, "last", build(recipe.network, {**recipe.arch, "out_channels": 3}), recipe, {})
    _, card = load(tmp_path / "last.safetensors")
    assert card.trained_on == ("2 cases, 1 more to choose the weights by, split by patient",)


def test_a_folder_with_a_run_is_not_taken_again(tmp_path):
    run_folder.append_curve(tmp_path, {"step": 1, "loss": 1.0})
    with pytest.raises(InputError, match="--resume"):
        run_folder.start(tmp_path, tiny_recipe(), split=None, threads=2)


def test_a_line_cut_short_is_left_out_and_later_ones_forgotten(tmp_path):
    for step in (1, 2, 3):
        run_folder.append_curve(tmp_path, {"step": step, "loss": 1.0})
    with (tmp_path / run_folder.CURVES).open("a") as stream:
        stream.write('{"step": 4, "lo')
    assert [line["step"] for line in run_folder.read_curve(tmp_path)] == [1, 2, 3]
    run_folder.cut_curve(tmp_path, 2)
    assert [line["step"] for line in run_folder.read_curve(tmp_path)] == [1, 2]


def test_a_damaged_state_is_named(tmp_path):
    (tmp_path / run_folder.STATE).write_bytes(b"not tensors")
    model = torch.nn.Linear(2, 1)
    with pytest.raises(ModelError, match="cannot be resumed"):
        run_folder.read_state(tmp_path, model, model, torch.optim.SGD(model.parameters(), lr=0.1))


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(InputError, match="no training"):
        run_folder.read_recipe(tmp_path)
