"""What the engine process keeps between jobs."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path

import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.predict.segment import SegmentOptions
from engine.predict.worker_child import Job, _Link
from engine.predict.worker_jobs import warm_engine, warm_up
from tests.support.models import tiny_model

OPTIONS = SegmentOptions(device="cpu", backend="torch", threads=1, precision="fp32")


@pytest.fixture
def job():
    ours, theirs = Pipe()
    with ours, theirs:
        yield Job(1, None, CancelToken(), {}, _Link(theirs))


def test_a_network_is_loaded_once_and_another_replaces_it(job: Job, tmp_path: Path) -> None:
    a, b = (tiny_model(tmp_path / f"{n}.safetensors", seed=n) for n in (1, 2))
    first, _ = warm_engine(job, a, OPTIONS)
    assert warm_engine(job, a, OPTIONS)[0] is first
    assert warm_engine(job, b, OPTIONS)[0] is not first
    assert len(job.kept) == 1


def test_a_cancel_reaches_a_network_that_is_being_made_ready(job: Job, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "a.safetensors")
    job.cancel.cancel()
    with pytest.raises(Cancelled):
        warm_engine(job, model, replace(OPTIONS, backend="openvino"))
    assert job.kept == {}


def test_warming_up_says_what_it_runs_on(job: Job, tmp_path: Path) -> None:
    assert "torch fp32" in warm_up(job, model=tiny_model(tmp_path / "a.safetensors").path, options=OPTIONS)
