"""What the engine process does when the window asks why."""

from __future__ import annotations

from engine.core.types import PointLps
from engine.explain.place import Explanation, Question, explain
from engine.nets.weights import find_model
from engine.predict.torch_engine import cpu_pool
from engine.predict.worker_child import Job


def explain_job(
    job: Job, *, model: str | None, point_lps: PointLps, label: str | None, against: str | None, threads: int
) -> Explanation:
    """Explain the answer of a model at a place of the job's CT.

    Args:
        job: Brings the CT, is told the progress and says when to stop.
        model: Id of the weights; None for the default.
        point_lps: The place, mm.
        label: Key to ask about; the likeliest one if None.
        against: Id of weights to compare with.
        threads: CPU threads; 0 takes all.

    Raises:
        Cancelled: someone said stop.
        InputError: as of :func:`engine.explain.place.explain`.
        ModelError: weights are missing or damaged.
    """
    job.update(0, 4, "Getting the network ready")
    question = Question(point_lps, label, None if against is None else find_model(against))
    with cpu_pool(threads):
        return explain(job.hu, job.grid, find_model(model), question, progress=job, cancel=job.cancel)
