"""What runs is told; times are told in words that do not jump; a message fades beside a job, never over it."""

from __future__ import annotations

from typing import Any

import pytest

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.shell.taskbar import TaskBar, time_left


class Waiting(JobQueue):
    """Runs nothing by itself: the test says when."""

    def _launch(self, job: Job) -> None:
        pass


@pytest.fixture
def bar(qtbot: Any) -> TaskBar:
    queue = Waiting()
    made = TaskBar(queue)
    made.queue = queue
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (3, "a few seconds left"),
        (13, "about 15 s left"),
        (52, "about 50 s left"),
        (58, "about 1 min left"),
        (1500, "about 25 min left"),
        (9000, "about 2.5 h left"),
    ],
)
def test_time_is_told_in_steps(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


def test_a_job_is_told_with_its_step_and_its_share(bar: TaskBar) -> None:
    job = bar.queue.start(Job("Reading", lambda _job: None))
    assert bar.title.whole == "Reading"
    assert bar.bar.maximum() == 0, "how much there is to do is not known yet"
    job.update(30, 120, "slice 30 of 120")
    assert bar.title.whole == "Reading · slice 30 of 120"
    assert bar.bar.value() / bar.bar.maximum() == 0.25
    job.run()
    assert bar.title.whole == "Ready"
    assert not bar.stop.isVisibleTo(bar)


def test_a_step_that_names_the_work_is_not_told_twice(bar: TaskBar) -> None:
    job = bar.queue.start(Job("Segmenting", lambda _job: None))
    job.update(16, 32, "Segmenting: window 16 of 32")
    assert bar.title.whole == "Segmenting: window 16 of 32"


def test_an_older_job_comes_back_into_sight(bar: TaskBar) -> None:
    bar.queue.start(Job("First", lambda _job: None))
    second = bar.queue.start(Job("Second", lambda _job: None))
    bar.queue.start(Job("Behind the scenes", lambda _job: None, visible=False))
    assert bar.title.whole == "Second"
    second.run()
    assert bar.title.whole == "First"


def test_cancel_asks_once(bar: TaskBar) -> None:
    job = bar.queue.start(Job("Reading", lambda _job: None))
    bar.stop.click()
    assert job.token.cancelled
    assert not bar.stop.isEnabled()
    assert bar.left.text() == "stopping…"


def test_a_message_waits_for_nobody_and_hides_no_job(bar: TaskBar) -> None:
    bar.say("Exported labels.nii.gz.")
    assert bar.title.whole == "Exported labels.nii.gz."
    bar._fade.timeout.emit()
    assert bar.title.whole == "Ready"
    bar.queue.start(Job("Reading", lambda _job: None))
    bar.say("Not now.")
    assert bar.title.whole == "Reading"


def test_what_a_job_says_at_its_end_is_read(bar: TaskBar) -> None:
    job = Job("Reading", lambda _job: None)
    job.succeeded.connect(lambda _result: bar.say("Read in 3 s."))
    bar.queue.start(job)
    job.run()
    assert bar.title.whole == "Read in 3 s."
    bar._fade.timeout.emit()
    assert bar.title.whole == "Ready"


def test_an_old_message_does_not_come_back_after_a_job(bar: TaskBar) -> None:
    bar.say("Exported labels.nii.gz.")
    job = bar.queue.start(Job("Reading", lambda _job: None))
    bar._fade.timeout.emit()
    job.run()
    assert bar.title.whole == "Ready"


def test_a_hint_gives_way_to_a_message_and_to_a_job(bar: TaskBar) -> None:
    bar.say("Exported labels.nii.gz.")
    bar.hint("Open a file.")
    assert bar.title.whole == "Exported labels.nii.gz."
    bar._fade.timeout.emit()
    assert bar.title.whole == "Open a file."
    bar.hint("")
    assert bar.title.whole == "Ready"
    job = bar.queue.start(Job("Reading", lambda _job: None))
    assert bar.title.whole == "Reading"
    bar.hint("Write the labels.")
    assert bar.title.whole == "Reading"
    job.run()
    assert bar.title.whole == "Write the labels."
