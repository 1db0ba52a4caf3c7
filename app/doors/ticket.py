"""A job of the window that waits for a job of an engine process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.jobs.job import Job
from engine.core.errors import Cancelled

if TYPE_CHECKING:
    from engine.predict.worker import Ticket

_LOOK_S = 0.05
_PATIENCE_S = 0.8
"""After a cancel the window goes on by itself if the process has not answered by then."""


def waited(ticket: Ticket, job: Job) -> Any:  # noqa: ANN401 - what the job over there gives
    """Return what a ticket comes to; a cancelled job cancels it.

    Raises:
        Cancelled: the job was cancelled, whether or not the process has heard it.
        GroundglassError: the job over there failed.
    """
    waited_s = 0.0
    while True:
        try:
            return ticket.wait(_LOOK_S)
        except TimeoutError:
            if not job.token.cancelled:
                continue
        if waited_s == 0.0:
            ticket.cancel()
        waited_s += _LOOK_S
        if waited_s > _PATIENCE_S:
            raise Cancelled
