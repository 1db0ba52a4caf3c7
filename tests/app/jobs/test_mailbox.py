"""What any thread says is heard on the window's, in order, also when nobody wants it any more."""

from __future__ import annotations

import threading
from typing import Any

from shiboken6 import delete, isValid

from app.jobs.job import Job
from app.jobs.mailbox import Mailbox


def _elsewhere(do: Any) -> None:
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()


def test_letters_of_several_threads_are_read_here_in_their_order(qtbot: Any) -> None:
    box, read = Mailbox(), list[tuple[int, int, int]]()

    def write(writer: int) -> None:
        for k in range(50):
            box.post(lambda k=k: read.append((writer, k, threading.get_ident())))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not read, "nothing is read before the window turns to it"
    qtbot.waitUntil(lambda: len(read) == 200)
    assert {where for *_, where in read} == {threading.get_ident()}
    assert all([k for n, k, _ in read if n == writer] == list(range(50)) for writer in range(4))


def test_a_letter_that_fails_does_not_keep_the_next_from_being_read(qtbot: Any) -> None:
    box, read = Mailbox(), list[str]()
    box.post(lambda: 1 / 0)
    box.post(lambda: read.append("next"))
    with qtbot.captureExceptions() as caught:
        qtbot.waitUntil(lambda: read == ["next"])
    assert [kind for kind, *_ in caught] == [ZeroDivisionError]


def test_what_is_told_to_a_job_that_is_gone_is_dropped(qtbot: Any) -> None:
    told: list[str] = []
    gone, there = Job("Gone", lambda _job: None), Job("There", lambda _job: None)
    for job in (gone, there):
        job.progressed.connect(lambda _done, _total, text: told.append(text))
    _elsewhere(lambda: gone.update(1, 2, "before"))
    delete(gone)
    assert not isValid(gone)
    _elsewhere(lambda: gone.update(2, 2, "after"))
    _elsewhere(lambda: there.update(1, 1, "heard"))
    qtbot.waitUntil(lambda: "heard" in told)
    assert told == ["heard"]
