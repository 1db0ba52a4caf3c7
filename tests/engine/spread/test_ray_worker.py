"""A process of a cluster: makes its work once, keeps what is to be told, and stops when asked."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.spread.ray_worker import Worker
from engine.spread.work import Share, Voice


def doubled(piece: int, voice: Voice, cancel: CancelToken) -> int:
    cancel.check()
    for step in range(3):
        voice.update(step, 3, f"Doubling: {step}")
    voice.say("nearly")
    voice.update(3, 3, "Doubling: 3")
    return 2 * piece


def test_the_work_is_made_once_with_the_share_of_the_machine() -> None:
    made: list[Share] = []

    def make(share: Share) -> object:
        made.append(share)
        return doubled

    worker = Worker(make, 3)  # type: ignore[arg-type]
    assert made == []
    assert [worker.do(n) for n in (1, 2)] == [2, 4]
    assert made == [Share(threads=3, elsewhere=True)]


def test_news_hold_every_line_and_the_latest_of_each_step() -> None:
    worker = Worker(lambda _: doubled, 1)
    worker.do(1)
    assert worker.news() == [("Doubling: 2", 2, 3), ("nearly", -1.0, 0.0), ("Doubling: 3", 3, 3)]
    assert worker.news() == []


def test_a_listener_hears_of_a_step_while_the_work_goes_on() -> None:
    heard = threading.Event()

    def slow(_piece: int, voice: Voice, _cancel: CancelToken) -> bool:
        voice.update(1, 2, "Half")
        return heard.wait(10)

    worker = Worker(lambda _: slow, 1)  # type: ignore[arg-type, return-value]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(worker.do, 0)
        told = []
        while not told:
            told = worker.news()
        assert told == [("Half", 1, 2)]
        heard.set()
        assert answer.result() is True


def test_a_stop_reaches_the_work() -> None:
    worker = Worker(lambda _: doubled, 1)
    worker.stop()
    with pytest.raises(Cancelled):
        worker.do(1)


def test_it_names_its_machine() -> None:
    assert Worker(lambda _: doubled, 1).ready()
