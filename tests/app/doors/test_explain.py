"""The way to the process that answers: plain words for maps, a clear sentence for what is missing, a quick stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.doors.explain import NETWORKS_MAP, ExplainRoom, Told, described, networks
from app.jobs.job import Job
from app.jobs.queue import InlineQueue, JobQueue
from engine.core.errors import ModelError
from engine.core.paths import data_dir
from engine.nets.weights import find_model
from tests.support.models import quick_chest, tiny_model
from tests.support.panes import a_case


@pytest.fixture
def room() -> Iterator[ExplainRoom]:
    made = ExplainRoom()
    yield made
    made.close()


@pytest.fixture
def weights() -> Path:
    """Two small networks among the person's own."""
    folder = data_dir() / "weights"
    folder.mkdir(parents=True)
    tiny_model(folder / "first.safetensors", seed=1)
    tiny_model(folder / "second.safetensors", ("effusion", "lung_left"), seed=2, title="The second")
    return folder


def chest() -> Any:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    return a_case(hu=hu, grid=grid)


Run = Callable[[Job], tuple[str, Any]]


def outcome(job: Job, queue: JobQueue | None = None, done: Callable[[], object] = lambda: None) -> tuple[str, Any]:
    """Run a job, here and now if no queue is given, and return how it ended."""
    ended: list[tuple[str, Any]] = []
    job.succeeded.connect(lambda result: ended.append(("succeeded", result)))
    job.failed.connect(lambda error: ended.append(("failed", error)))
    job.cancelled.connect(lambda: ended.append(("cancelled", None)))
    (queue or InlineQueue()).start(job)
    done()
    return ended[0]


@pytest.fixture
def run(qtbot: Any) -> Iterator[Run]:
    """Run a job as the window does: on a thread of its own, while the window goes on."""
    queue = JobQueue()
    yield lambda job: outcome(job, queue, lambda: qtbot.waitUntil(lambda: not queue.jobs, timeout=120_000))
    assert queue.shutdown()


def test_maps_have_words_and_several_of_a_kind_are_numbered() -> None:
    values = np.zeros((1, 2, 3), np.float32)
    names = [
        "saliency",
        "doubt, entropy",
        NETWORKS_MAP,
        "gate, gates.0",
        "gate, gates.1",
        "attention of the place, ra.x",
    ]
    told = described((name, values) for name in names)
    assert [m.name for m in told] == names
    titles = [m.title for m in told]
    assert titles[3:5] == ["Attention gate 1 of 2", "Attention gate 2 of 2"]
    assert titles[5] == "Attention from the place"
    assert "gates.1" in told[4].tip
    assert len(set(titles)) == len(titles)
    assert all(m.low and m.high and m.tip and m.values.shape == values.shape for m in told)
    assert [m.relative for m in told] == [True, False, False, False, False, True]


def test_a_few_voxels_do_not_hide_what_a_relative_map_shows_and_doubt_stays_as_it_is() -> None:
    values = np.linspace(0, 0.01, 8000, dtype=np.float32).reshape(20, 20, 20)
    values[3, 4, 5] = 1.0
    saliency, entropy = described([("saliency", values), ("doubt, entropy", values)])
    assert np.median(saliency.values) == pytest.approx(0.5, abs=0.02)
    assert saliency.values.max() == 1.0
    assert (np.diff(saliency.values.reshape(-1)[2000:7000]) >= 0).all(), "the order stays"
    assert entropy.values is values
    alone = np.zeros((20, 20, 20), np.float32)
    alone[1, 2, 3] = 1.0
    assert described([("saliency", alone)])[0].values[1, 2, 3] == 1.0
    assert not described([("saliency", np.zeros((2, 2, 2), np.float32))])[0].values.any()


def test_networks_are_listed_the_default_first(qtbot: Any, weights: Path) -> None:
    how, found = outcome(networks())
    assert how == "succeeded"
    assert found[0].id == find_model(None).id
    second = next(n for n in found if n.id == "second")
    assert second.title == "The second"
    assert second.labels == ("effusion", "lung_left")


@pytest.mark.slow
def test_a_place_is_explained_in_the_process_beside(run: Run, weights: Path, room: ExplainRoom) -> None:
    case = chest()
    job = room.ask(case, (10, 20, 14), "first", "effusion", "second", 1)
    steps: list[str] = []
    job.progressed.connect(lambda _done, _total, text: steps.append(text))
    how, told = run(job)
    assert how == "succeeded", told
    assert isinstance(told, Told)
    assert (told.at_zyx, told.model, told.label, told.against) == ((10, 20, 14), "first", "effusion", "second")
    assert NETWORKS_MAP in [m.name for m in told.maps]
    assert all(m.values.shape == told.grid.shape_zyx for m in told.maps)
    assert told.grid.voxel_at(case.volume.grid.to_lps((10, 20, 14))) is not None
    assert any("mirrored" in step for step in steps)
    # A second question goes to the same process with the same CT.
    process, shared = room._process, room._shared
    assert run(room.ask(case, (9, 20, 14), "first", "", "", 1))[0] == "succeeded"
    assert (room._process, room._shared) == (process, shared)
    assert process is not None
    assert shared is not None
    ending = room.end()
    assert ending is not None
    assert run(ending)[0] == "succeeded"
    assert not process.alive
    assert not shared[1].path.exists()
    assert room.end() is None


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_weights_that_cannot_be_used_are_told_in_one_sentence(
    run: Run, weights: Path, room: ExplainRoom, damage: str
) -> None:
    path = weights / "first.safetensors"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-100])
    how, error = run(room.ask(chest(), (10, 20, 14), "first", "", "", 1))
    assert how == "failed"
    assert isinstance(error, ModelError)
    assert "first" in error.what
    assert error.fix


class Deaf:
    """A ticket that never ends, however often it is told to."""

    cancels = 0

    def wait(self, timeout_s: float) -> Any:
        raise TimeoutError

    def cancel(self) -> None:
        self.cancels += 1


def test_the_window_waits_less_than_a_second_for_a_process_that_does_not_hear(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, room: ExplainRoom
) -> None:
    ticket = Deaf()

    class Process:
        def share(self, *_: Any) -> Any:
            return "shared"

        def call(self, *_: Any, **_values: Any) -> Deaf:
            job.cancel()
            return ticket

        def close(self) -> None:
            pass

    monkeypatch.setattr("engine.predict.worker.EngineProcess", Process)
    job = room.ask(chest(), (10, 20, 14), "", "", "", 1)
    assert outcome(job)[0] == "cancelled"
    assert ticket.cancels == 1


def test_a_closed_room_answers_nothing(qtbot: Any, room: ExplainRoom) -> None:
    room.close()
    assert outcome(room.ask(chest(), (10, 20, 14), "", "", "", 1))[0] == "cancelled"


def test_what_was_handed_over_while_the_room_was_left_is_cleared(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, room: ExplainRoom
) -> None:
    closed: list[str] = []

    class Process:
        def share(self, *_: Any) -> Any:
            ending = room.end()
            assert ending is not None
            outcome(ending)
            return "shared"

        def close(self) -> None:
            closed.append("closed")

    monkeypatch.setattr("engine.predict.worker.EngineProcess", Process)
    assert outcome(room.ask(chest(), (10, 20, 14), "", "", "", 1))[0] == "cancelled"
    assert closed == ["closed", "closed"], "the file written last would have stayed"
    assert room._shared is None
