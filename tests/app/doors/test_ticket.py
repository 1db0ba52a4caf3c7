"""A job waits for an engine process, and not longer than a person would."""

from __future__ import annotations

from typing import Any, cast

import pytest

from app.doors.ticket import waited
from app.jobs.job import Job
from engine.core.errors import Cancelled, ModelError


class Ticket:
    """One that ends at its `ends`-th look, with a result or an error."""

    def __init__(self, ends: int, outcome: Any = None) -> None:
        self.ends, self.outcome = ends, outcome
        self.looks = self.cancels = 0

    def wait(self, timeout_s: float) -> Any:
        self.looks += 1
        if self.looks < self.ends:
            raise TimeoutError
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def cancel(self) -> None:
        self.cancels += 1


def wait_for(ticket: Ticket, job: Job) -> Any:
    return waited(cast("Any", ticket), job)


@pytest.fixture
def job(qapp: Any) -> Job:
    return Job("Waiting", lambda _job: None)


def test_the_result_comes_however_long_it_takes(job: Job) -> None:
    ticket = Ticket(500, "result")
    assert wait_for(ticket, job) == "result"
    assert ticket.cancels == 0


def test_the_error_of_the_other_side_is_the_jobs_own(job: Job) -> None:
    with pytest.raises(ModelError):
        wait_for(Ticket(3, ModelError("It is damaged.")), job)


def test_a_cancel_is_handed_on_once_and_its_answer_awaited(job: Job) -> None:
    job.cancel()
    ticket = Ticket(5, Cancelled())
    with pytest.raises(Cancelled):
        wait_for(ticket, job)
    assert (ticket.cancels, ticket.looks) == (1, 5)


def test_a_process_that_does_not_hear_is_left_alone(job: Job) -> None:
    job.cancel()
    ticket = Ticket(10**6)
    with pytest.raises(Cancelled):
        wait_for(ticket, job)
    assert ticket.cancels == 1
    assert ticket.looks * 0.05 < 1, "the bar for a cancel is a second"
