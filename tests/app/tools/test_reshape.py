"""What is done to the whole active label at once."""

from __future__ import annotations

import numpy as np
import pytest

from app.jobs.job import Job
from app.jobs.queue import InlineQueue
from app.model.action import Context
from app.model.session import Session
from app.tools.reshape import ACTIONS
from engine.case.delta import Delta
from engine.core.errors import InputError
from engine.geometry.box import Box
from tests.support.actions import NoWindow
from tests.support.cases import SMALL, a_case


class Host(NoWindow):
    problem = None

    def show_problem(self, error):
        self.problem = error


class Later(InlineQueue):
    """Runs nothing until it is told."""

    def _launch(self, job: Job) -> None:
        self.waiting = job


@pytest.fixture
def context() -> Context:
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    data[2, 5:15, 5:20] = data[8, 5:15, 8:23] = 3
    data[5, 22, 28] = 3
    session = Session()
    session.set_case(a_case(labels=data))
    session.said = []
    session.message.connect(session.said.append)
    return Context(session, InlineQueue(), Host())


def run(context, name) -> str | None:
    action = next(a for a in ACTIONS if a.id == f"label.{name}")
    reason = action.disabled_because(context)
    if reason is None:
        action.run(context)
    return reason


def area(context) -> np.ndarray:
    return (context.session.case.labels.data == 3).sum(axis=(1, 2))


def test_slices_between_are_filled(context):
    run(context, "specks")
    run(context, "between")
    assert (area(context)[2:9] > 100).all()
    assert [s.title for s in context.session.case.history.steps] == ["Remove small pieces", "Fill between slices"]


@pytest.mark.parametrize(("name", "change"), [("grow", 1), ("shrink", -1), ("smooth", -1), ("largest", -1)])
def test_the_active_label_gets_larger_or_smaller_in_one_step(context, name, change):
    before = area(context).sum()
    assert run(context, name) is None
    assert np.sign(int(area(context).sum()) - int(before)) == change
    assert len(context.session.case.history.steps) == 1
    context.session.case.history.undo()
    assert area(context).sum() == before


def test_what_changes_nothing_says_so(context):
    run(context, "specks")
    run(context, "specks")
    assert context.session.said == ["“Remove specks” changes nothing here."]


def test_what_cannot_be_done_is_shown(context):
    context.session.set_label(4)
    run(context, "between")
    assert isinstance(context.host.problem, InputError)


def test_a_result_for_labels_that_changed_meanwhile_is_dropped(context):
    queue = Later()
    context = Context(context.session, queue, context.host)
    run(context, "largest")
    case = context.session.case
    box = Box((0, 0, 0), (1, 1, 1))
    case.history.apply(Delta.between(case.labels, box, np.full((1, 1, 1), 3, np.uint8), title="x"))
    queue.waiting.run()
    assert "changed meanwhile" in context.session.said[-1]
    assert len(case.history.steps) == 1


def test_the_reason_is_told_when_it_cannot_run(context):
    context.session.set_label(0)
    assert "No label is active" in run(context, "grow")
    next(a for a in ACTIONS if a.id == "label.grow").run(context)
    context.session.set_case(None)
    assert "Open a case" in run(context, "grow")
    assert not context.session.said
