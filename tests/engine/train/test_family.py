"""Whatever network is added: a recipe names it, it learns, and what it learned segments a chest."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.nets.checkpoint import load
from engine.nets.registry import NETWORKS
from engine.nets.weights import open_model
from engine.predict.segment import SegmentOptions, segment
from engine.synth.cohort import make_case
from engine.train import run_folder
from engine.train.loop import Trainer
from engine.train.recipe import Recipe
from tests.support.networks import small_arch
from tests.support.training import readers, tiny_recipe


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_is_trained_and_used(name: str, tmp_path: Path) -> None:
    flat = NETWORKS.get(name).dims == 2
    used(
        tmp_path,
        dataclasses.replace(
            tiny_recipe(steps=2, validate_every=2, checkpoint_every=2),
            network=name,
            arch={key: value for key, value in small_arch(name).items() if key != "patch"},
            patch=(1 if flat else 16, 32, 32),
            spacing=(0.0 if flat else 8.0, 8.0, 8.0),
        ),
    )


@pytest.mark.parametrize("head", ["softmax", "grouped"])
def test_every_head_is_trained_and_used(head: str, tmp_path: Path) -> None:
    recipe = tiny_recipe(steps=20, learning_rate=0.01, validate_every=20, checkpoint_every=20)
    training = dataclasses.replace(recipe.training, loss="exclusive")
    recipe = dataclasses.replace(recipe, head=head, training=training, spacing=(8.0, 8.0, 8.0))
    used(tmp_path, recipe)
    _, card = load(tmp_path / "last.safetensors")
    assert card.head == head
    lines = [line for line in run_folder.read_curve(tmp_path) if "loss" in line]
    assert np.mean([line["loss"] for line in lines[-5:]]) < 0.8 * lines[0]["loss"]


def used(tmp_path: Path, recipe: Recipe) -> None:
    """Train by a recipe and segment a chest with what was learned."""
    torch.set_num_threads(1)
    Trainer(recipe, readers(), readers(1), tmp_path).run()
    case = make_case(5, spacing_zyx_mm=(8.0, 6.0, 6.0), slab=False)
    found = segment(
        case.hu,
        case.grid,
        model=open_model(tmp_path / "last.safetensors"),
        options=SegmentOptions(device="cpu", backend="torch", threads=1, cleaning=None),
    )
    assert found.labels.shape == case.hu.shape
    assert found.windows > 0
    assert set(np.unique(found.labels)) <= {0, 1, 2, 3}
