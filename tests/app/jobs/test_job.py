"""Jobs speak on the window's thread only; what they fail with becomes three sentences."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.jobs.job import Job
from app.jobs.queue import InlineQueue, JobQueue
from engine.core.errors import FormatError, GroundglassError, ResourceError


@pytest.fixture
def queue(qtbot: Any):
    made = JobQueue()
    yield made
    assert made.shutdown()


def test_results_and_parts_come_on_the_windows_thread(qtbot: Any, queue: JobQueue) -> None:
    told: list[tuple[str, object, int]] = []

    def work(job: Job) -> int:
        assert threading.get_ident() != here
        job.update(1, 2, "half")
        job.emit_part("slab")
        return 42

    here = threading.get_ident()
    job = Job("Counting", work)
    job.progressed.connect(lambda done, total, text: told.append((text, done / total, threading.get_ident())))
    job.emitted.connect(lambda part: told.append(("part", part, threading.get_ident())))
    job.succeeded.connect(lambda result: told.append(("result", result, threading.get_ident())))
    with qtbot.waitSignal(job.ended):
        queue.start(job)
        assert queue.busy
    assert told == [("half", 0.5, here), ("part", "slab", here), ("result", 42, here)]
    assert not queue.busy


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FormatError("It is damaged."), FormatError),
        (MemoryError(), ResourceError),
        (ZeroDivisionError(), GroundglassError),
    ],
)
def test_every_failure_is_one_of_ours(qtbot: Any, error: BaseException, kind: type[GroundglassError]) -> None:
    def work(_job: Job) -> None:
        raise error

    found: list[GroundglassError] = []
    job = Job("Working", work)
    job.failed.connect(found.append)
    InlineQueue().start(job)
    assert isinstance(found[0], kind)
    assert found[0].what
    assert job.is_over
