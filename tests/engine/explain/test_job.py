"""What crosses the pipe: plain values one way, an explanation the other."""

from __future__ import annotations

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from engine.core.errors import ModelError
from engine.core.progress import CancelToken
from engine.explain.job import explain_job
from engine.explain.place import Explanation
from tests.support.models import quick_chest, tiny_model


@pytest.fixture
def job() -> Any:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    told: list[tuple[float, float, str]] = []
    return SimpleNamespace(hu=hu, grid=grid, cancel=CancelToken(), told=told, update=lambda *step: told.append(step))


def test_an_explanation_comes_back_whole(job: Any, tmp_path: Path) -> None:
    first = tiny_model(tmp_path / "first.safetensors", seed=1)
    second = tiny_model(tmp_path / "second.safetensors", seed=2)
    point = tuple(float(v) for v in job.grid.to_lps((10, 20, 14)))
    threads = torch.get_num_threads()
    told = explain_job(
        job,
        model=str(first.path),
        point_lps=point,
        label="effusion",
        against=str(second.path),
        threads=1,  # type: ignore[arg-type]
    )
    assert torch.get_num_threads() == threads
    assert (told.model, told.against, told.label) == ("first", "second", "effusion")
    again: Explanation = pickle.loads(pickle.dumps(told))
    assert set(again.maps) == set(told.maps)
    np.testing.assert_array_equal(again.maps["doubt, networks"], told.maps["doubt, networks"])
    done = [step for step, _, _ in job.told]
    assert done == sorted(done)
    assert job.told[-1][0] == job.told[-1][1]


def test_weights_that_are_not_there_are_named(job: Any) -> None:
    with pytest.raises(ModelError, match="gone"):
        explain_job(job, model="gone", point_lps=job.grid.centre_lps, label=None, against=None, threads=1)
