"""Whatever network is added: a recipe names it, it learns, and what it learned segments a chest."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.nets.registry import NETWORKS
from engine.nets.weights import open_model
from engine.predict.segment import SegmentOptions, segment
from engine.synth.cohort import make_case
from engine.train.loop import Trainer
from tests.support.networks import small_arch
from tests.support.training import readers, tiny_recipe


@pytest.mark.parametrize("name", list(NETWORKS))
def test_every_network_is_trained_and_used(name: str, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    depth = 16 if NETWORKS.get(name).dims == 3 else 1
    recipe = dataclasses.replace(
        tiny_recipe(steps=2, validate_every=2, checkpoint_every=2),
        network=name,
        arch={key: value for key, value in small_arch(name).items() if key != "patch"},
        patch=(depth, 32, 32),
        spacing=(8.0, 8.0, 8.0),
    )
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
