"""One process and one CT at a time, whoever asks, and nothing of a CT left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.doors.process_room import ProcessRoom
from app.jobs.queue import InlineQueue
from engine.case.volume import Volume
from engine.core.errors import Cancelled
from tests.support.cases import a_volume


class Process:
    """An engine process that keeps count; `meanwhile` happens while a CT is written."""

    meanwhile: Callable[[], object] | None = None

    def __init__(self) -> None:
        self.files: list[str] = []
        self.written = 0
        self.closings = 0

    def share(self, *_: Any) -> str:
        self.written += 1
        path = f"volume-{self.written}"
        self.files.append(path)
        meanwhile, Process.meanwhile = Process.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return path

    def forget(self, path: str) -> None:
        self.files.remove(path)

    def close(self) -> None:
        self.closings += 1
        self.files.clear()


class Room(ProcessRoom):
    """Asks as a door does."""

    def ready(self, volume: Volume) -> tuple[Any, Any]:
        return self._ready(volume)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr("engine.predict.worker.EngineProcess", Process)
    monkeypatch.setattr(Process, "meanwhile", None)
    return Room()


def test_a_ct_is_handed_over_once_and_the_one_before_goes(room: Room) -> None:
    first, second = a_volume(), a_volume()
    process, path = room.ready(first)
    assert room.ready(first) == (process, path)
    assert process.written == 1
    assert room.ready(second) == (process, "volume-2")
    assert process.files == ["volume-2"]
    room.forget_volume()
    assert process.files == []
    assert room.ready(second) == (process, "volume-3")


def test_a_case_that_is_left_while_its_ct_is_handed_over_leaves_no_file(room: Room) -> None:
    process, _ = room.ready(a_volume())
    Process.meanwhile = room.forget_volume
    with pytest.raises(Cancelled):
        room.ready(a_volume())
    assert process.files == []
    assert process.closings == 0


def test_two_that_hand_over_the_same_ct_use_the_file_that_was_there_first(room: Room) -> None:
    volume = a_volume()
    quicker: list[tuple[Any, Any]] = []
    Process.meanwhile = lambda: quicker.append(room.ready(volume))
    answer = room.ready(volume)
    assert quicker == [answer]
    process, path = answer
    assert process.files == [path], "the other has been deleted under the job that reads it, or stayed"


def test_a_process_whose_ending_no_job_has_come_to_is_ended_with_the_room(qtbot: Any, room: Room) -> None:
    process, _ = room.ready(a_volume())
    waiting = room.end()
    assert waiting is not None
    assert process.closings == 0
    other, _ = room.ready(a_volume())
    assert other is not process
    room.close()
    assert (process.closings, other.closings) == (1, 1)
    with pytest.raises(Cancelled):
        room.ready(a_volume())


def test_a_process_that_a_job_has_ended_is_not_ended_again(qtbot: Any, room: Room) -> None:
    process, _ = room.ready(a_volume())
    ending = room.end()
    assert ending is not None
    queue = InlineQueue()
    queue.start(ending)
    room.close()
    assert process.closings == 1
    assert room.end() is None
