"""A queue runs jobs beside the window and lets them be cancelled, before they begin and while they run."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.jobs.job import Job
from app.jobs.queue import JobQueue


@pytest.fixture
def queue(qtbot: Any):
    made = JobQueue()
    yield made
    assert made.shutdown()


def test_cancel_before_and_while(qtbot: Any, queue: JobQueue) -> None:
    begun = threading.Event()

    def work(job: Job) -> None:
        begun.set()
        while True:
            job.token.check()

    job = Job("Long", work)
    with qtbot.waitSignal(job.cancelled):
        queue.start(job)
        begun.wait(5)
        queue.cancel_current()
    waiting = Job("Never", lambda _job: pytest.fail("ran"))
    waiting.cancel()
    with qtbot.waitSignal(waiting.cancelled):
        queue.start(waiting)
