"""The far side of the engine process, without a process: jobs, their CT, errors told as they are."""

from __future__ import annotations

import threading
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError, WorkerError
from engine.core.progress import CancelToken
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.predict.worker_child import Job, SharedVolume, _answer, _Link, _resolve

LEFT: list[int] = []


@pytest.fixture
def ends():
    LEFT.clear()
    ours, theirs = Pipe()
    with ours, theirs:
        yield ours, _Link(theirs, LEFT.append)


def test_the_ct_is_mapped_read_only(tmp_path: Path, ends) -> None:
    hu = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    hu.tofile(tmp_path / "v.i16")
    shared = SharedVolume(tmp_path / "v.i16", Grid((2, 3, 4), (3.0, 1.0, 2.0)))
    job = Job(1, shared, CancelToken(), {}, ends[1])
    assert (job.hu == hu).all()
    assert job.grid is shared.grid
    with pytest.raises(ValueError, match="read-only"):
        job.hu[0, 0, 0] = 1


def test_slabs_and_progress_go_over_with_the_jobs_number(ends) -> None:
    ours, link = ends
    job = Job(7, None, CancelToken(), {}, link)
    job.update(1, 4, "Segmenting")
    job.slab(Box((0, 0, 0), (1, 1, 2)), np.ones((1, 1, 4), np.uint8)[:, :, ::2])
    assert ours.recv() == ("progress", 7, 1, 4, "Segmenting")
    kind, number, box, labels = ours.recv()
    assert (kind, number, box.shape, labels.tolist()) == ("slab", 7, (1, 1, 2), [[[1, 1]]])


def test_a_job_without_a_ct_says_so(ends) -> None:
    with pytest.raises(WorkerError, match="no CT"):
        _ = Job(1, None, CancelToken(), {}, ends[1]).grid


def test_an_error_of_ours_travels_whole(ends) -> None:
    ours, link = ends
    link.tokens[3] = CancelToken()
    _answer(link, ("call", 3, "engine.nets.weights:find_model", None, {"network": "none"}), {})
    kind, number, error = ours.recv()
    assert (kind, number) == ("failed", 3)
    assert isinstance(error, ModelError | WorkerError)
    assert error.lines
    assert 3 not in link.tokens


def test_only_functions_of_the_engine_are_found() -> None:
    assert callable(_resolve("engine.predict.worker_jobs:warm_up"))
    with pytest.raises(WorkerError):
        _resolve("subprocess:run")


def test_a_cancel_reaches_the_job_it_names(ends) -> None:
    ours, link = ends
    thread = threading.Thread(target=link.listen, daemon=True)
    thread.start()
    ours.send(("call", 5, "engine.x:y", None, {}))
    message = link.waiting.get(timeout=5)
    assert message is not None
    token = link.tokens[5]
    ours.send(("cancel", 4))
    ours.send(("cancel", 5))
    ours.send(("call", 6, "engine.x:y", None, {}))
    link.waiting.get(timeout=5)
    assert token.cancelled
    assert not link.tokens[6].cancelled
    assert LEFT == []
    ours.close()
    thread.join(5)
    assert LEFT == [0]
