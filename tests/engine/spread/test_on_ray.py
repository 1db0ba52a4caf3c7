"""A batch on a cluster, Ray played by threads: outcomes, news, lost workers, stops, and how many workers there are.

The real Ray is in tests/journeys/test_on_ray.py.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import Cancelled, InputError, ResourceError, WorkerError
from engine.core.progress import CancelToken
from engine.spread.on_ray import OnRay, workers
from engine.spread.work import Here, Share, Voice
from tests.engine.spread.test_work import Heard, root
from tests.support.fake_ray import Die, FakeRay, RayActorError

BEGUN = threading.Event()


def rooting(_share: Share) -> object:
    return root


def dying(_share: Share) -> object:
    def work(piece: float, voice: Voice, cancel: CancelToken) -> float:
        if piece == 666:
            raise Die
        return root(piece, voice, cancel)

    return work


def lasting(_share: Share) -> object:
    def work(_piece: float, _voice: Voice, cancel: CancelToken) -> float:
        BEGUN.set()
        while not cancel.cancelled:
            threading.Event().wait(0.01)
        raise Cancelled

    return work


def threads_of(share: Share) -> object:
    return lambda _piece, _voice, _cancel: share.threads


def broken(_share: Share) -> object:
    raise InputError("This machine lacks something.")


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)  # type: ignore[arg-type]
    return fake


def test_outcomes_and_voices_are_those_of_this_process(ray: FakeRay) -> None:
    pieces = [float(n) for n in (4, -1, 9, 16, -2, 25, 36)]
    found, told = [], []
    for where in (Here(), OnRay(None, threads=1)):
        heard = {n: Heard() for n in range(len(pieces))}
        outcomes = sorted(where.run(rooting, pieces, heard.__getitem__), key=lambda o: o.index)  # type: ignore[arg-type]
        found.append([(o.index, o.value, str(o.error)) for o in outcomes])
        told.append([[t for t in h.told if t != (0, 1, "Waiting for the cluster")] for h in heard.values()])
    assert found[0] == found[1]
    assert told[0] == told[1]
    assert [type(o.error) for o in outcomes if o.error] == [InputError, InputError]
    assert len(ray.actors) == 2
    assert ray.down == 1


def test_there_are_no_more_workers_than_pieces(ray: FakeRay) -> None:
    ray.machines = ((64, 0),)
    assert [o.value for o in OnRay(None).run(threads_of, [1], lambda _: Heard())] == [4]  # type: ignore[arg-type]
    assert ray.options == [{"num_cpus": 4, "num_gpus": 0, "max_concurrency": 4, "max_restarts": 0}]


def test_a_worker_that_dies_costs_its_piece_and_is_replaced(ray: FakeRay) -> None:
    ray.machines = ((1, 0),)
    outcomes = list(OnRay(None).run(dying, [4.0, 666.0, 9.0], lambda _: Heard()))  # type: ignore[arg-type]
    assert [o.value for o in outcomes] == [2.0, None, 3.0]
    assert isinstance(outcomes[1].error, WorkerError)
    assert "memory" in outcomes[1].error.why
    assert len(ray.actors) == 2


def test_a_machine_that_lacks_something_fails_its_pieces_with_the_reason(ray: FakeRay) -> None:
    outcomes = list(OnRay(None).run(broken, [4.0, 9.0], lambda _: Heard()))  # type: ignore[arg-type]
    assert [str(o.error) for o in outcomes] == ["This machine lacks something."] * 2


def test_no_worker_at_all_is_one_sentence(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_self: object) -> str:
        raise Die

    monkeypatch.setattr("engine.spread.ray_worker.Worker.ready", absent)
    with pytest.raises(WorkerError, match="same version of groundglass"):
        list(OnRay(None, threads=1).run(rooting, [4.0, 9.0], lambda _: Heard()))  # type: ignore[arg-type]
    assert ray.down == 1


def test_leaving_early_stops_the_work_and_the_cluster(ray: FakeRay) -> None:
    BEGUN.clear()

    def ask() -> None:
        with closing(OnRay(None).run(lasting, [1.0, 2.0, 3.0], Interrupting)) as outcomes:  # type: ignore[arg-type]
            list(outcomes)

    class Interrupting(Heard):
        def __init__(self, _index: int) -> None:
            super().__init__()

        def update(self, done: float, total: float, text: str = "") -> None:
            wait = ray.wait

            def interrupted(refs: object, **words: object) -> object:
                if BEGUN.is_set() and "timeout" not in words:
                    raise KeyboardInterrupt
                return wait(refs, **words)  # type: ignore[arg-type]

            ray.wait = interrupted  # type: ignore[assignment, method-assign]

    with pytest.raises(KeyboardInterrupt):
        ask()
    assert all(actor.dead for actor in ray.actors)
    assert ray.down == 1


def test_a_piece_that_was_stopped_stops_the_batch(ray: FakeRay) -> None:
    with pytest.raises(Cancelled):
        list(OnRay(None).run(rooting, [13.0, 4.0], lambda _: Heard()))  # type: ignore[arg-type]


def test_ray_is_quiet_and_what_was_set_for_it_is_taken_back(ray: FakeRay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    seen: dict[str, str] = {}
    init = ray.init

    def looking(address: str, **options: object) -> None:
        seen.update(os.environ)
        init(address, **options)

    ray.init = looking  # type: ignore[method-assign]
    list(OnRay(None).run(rooting, [4.0], lambda _: Heard()))  # type: ignore[arg-type]
    assert seen["RAY_USAGE_STATS_ENABLED"] == "0"
    assert len(seen["RAY_AUTH_TOKEN"]) == 64
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "1"
    assert "RAY_AUTH_TOKEN" not in os.environ
    address, options = ray.inits[0]
    assert address == "local"
    assert options["include_dashboard"] is False
    assert not Path(options["_temp_dir"]).exists()


def test_a_cluster_that_does_not_answer_is_told_with_its_address(ray: FakeRay) -> None:
    ray.refuse = ConnectionError("ray client connection timeout")
    with pytest.raises(ResourceError, match="ray://head:10001") as caught:
        list(OnRay("ray://head:10001").run(rooting, [4.0], lambda _: Heard()))  # type: ignore[arg-type]
    assert caught.value.why == "ray client connection timeout"
    assert caught.value.exit_code == 3
    assert ray.inits == [("ray://head:10001", {"log_to_driver": False, "logging_level": "ERROR"})]


def test_a_connection_that_is_lost_is_told_and_not_called_a_defect(ray: FakeRay) -> None:
    def lost(*_: object, **__: object) -> object:
        raise ConnectionError("gone")

    ray.wait = lost  # type: ignore[assignment, method-assign]
    with pytest.raises(ResourceError, match="lost"):
        list(OnRay("ray://head:10001").run(rooting, [4.0], lambda _: Heard()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("machines", "threads", "device", "expected"),
    [
        (((2, 0),), 0, "auto", [(2, 0)]),
        (((2, 0),), 1, "auto", [(1, 0), (1, 0)]),
        (((16, 0), (6, 0)), 0, "auto", [(4, 0)] * 5),
        (((16, 2), (8, 0)), 0, "auto", [(4, 1), (4, 1), (4, 0), (4, 0)]),
        (((16, 2), (8, 0)), 0, "cpu", [(4, 0)] * 6),
        (((16, 2), (8, 0)), 0, "cuda", [(4, 1)] * 2),
        (((2, 4),), 0, "auto", [(1, 1), (1, 1)]),
    ],
)
def test_a_cluster_has_room_for_so_many(
    machines: tuple[tuple[float, float], ...], threads: int, device: str, expected: list[tuple[int, int]]
) -> None:
    found = workers(FakeRay(*machines).nodes(), threads=threads, device=device)
    assert [(n.cpus, n.cards) for n in found] == expected


@pytest.mark.parametrize(("threads", "device"), [(8, "cpu"), (0, "cuda")])
def test_a_cluster_without_room_says_what_was_wanted(threads: int, device: str) -> None:
    with pytest.raises(ResourceError, match="no room"):
        workers(FakeRay((2, 0)).nodes(), threads=threads, device=device)


def test_a_machine_that_is_gone_has_no_room() -> None:
    nodes = FakeRay((2, 0), (4, 0)).nodes()
    nodes[1]["Alive"] = False
    assert len(workers(nodes, threads=1, device="cpu")) == 2


def test_the_fake_dies_like_ray() -> None:
    ray = FakeRay()
    actor = ray.remote()(Heard).remote()
    ray.kill(actor)
    with pytest.raises(RayActorError):
        ray.get(actor.say.remote("hello"))
    ray.shutdown()
