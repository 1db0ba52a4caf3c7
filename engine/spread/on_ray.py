"""Spreads a batch over a Ray cluster: a worker per share of a machine, each doing one piece after another.

Ray is an optional package and is imported when a batch starts. No statistics are sent, no dashboard is served; what
was started is ended with the batch, on Ctrl+C too. A worker that dies costs its piece and is replaced.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import shutil
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from engine.core.errors import Cancelled, InputError, ResourceError, WorkerError
from engine.core.words import counted
from engine.spread.ray_worker import Told, Worker
from engine.spread.work import Outcome, Share, Voice, Work

P = TypeVar("P")
R = TypeVar("R")

THREADS = 4
"""Of one worker where nobody said: more gain little on one case, and the next case can use them."""
_STOP_S = 3.0
_STORE_BYTES = 80 << 20  # the least Ray takes; only words and figures pass through it
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
}


def require_ray() -> None:
    """Raise the sentence that helps where Ray is missing.

    Raises:
        InputError: Ray is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise InputError(
            "Cases cannot be spread over machines here.",
            "That needs Ray, which is not installed.",
            f'Install it with: {Path(sys.executable).name} -m pip install "ray[client]" (by {sys.executable}), '
            "or leave --on out.",
        )


class OnRay:
    """A Ray cluster as a :class:`~engine.spread.work.Place`.

    Args:
        address: ``"ray://HOST:PORT"``; None starts a cluster on this machine for the batch.
        threads: CPU threads of one worker; 0 takes :data:`THREADS`, or all of a smaller machine.
        device: ``"cpu"`` uses no graphics cards, ``"cuda"`` only machines with one; else a card where there is one.
    """

    def __init__(self, address: str | None, *, threads: int = 0, device: str = "auto") -> None:
        self.address = address
        self.threads = threads
        self.device = device

    def run(
        self, make: Callable[[Share], Work[P, R]], pieces: Sequence[P], voice_of: Callable[[int], Voice]
    ) -> Generator[Outcome[R], None, None]:
        """Do the pieces on the cluster; see :class:`~engine.spread.work.Place`."""
        voice_of(0).update(0, 1, "Waiting for the cluster")
        with _cluster(self.address) as ray:
            needs = workers(ray.nodes(), threads=self.threads, device=self.device)
            try:
                yield from _Batch(ray, make, pieces, voice_of).run(needs[: len(pieces)])
            except ConnectionError as error:
                raise ResourceError(
                    "The connection to the cluster was lost.",
                    _cause(error),
                    "Give the same line again: what is done is left alone, the rest is done.",
                ) from error


@dataclass(frozen=True)
class _Needs:
    """What one worker takes of the cluster."""

    cpus: int
    cards: int = 0


def workers(nodes: Sequence[dict[str, Any]], *, threads: int, device: str) -> list[_Needs]:
    """Return one entry per worker that the machines of a cluster have room for.

    Args:
        nodes: As ``ray.nodes()`` gives them.
        threads: Wished for by the caller, 0 for as many as are useful.
        device: See :class:`OnRay`.

    Raises:
        ResourceError: no machine has what a worker needs.
    """
    found: list[_Needs] = []
    for node in nodes:
        has: dict[str, float] = node["Resources"] if node["Alive"] else {}
        cpus, cards = int(has.get("CPU", 0)), int(has.get("GPU", 0))
        if cards and cpus and device in {"auto", "cuda"}:
            each = threads or max(1, min(THREADS, cpus // cards))
            found += [_Needs(each, 1)] * min(cards, cpus // each)
        elif cpus and device != "cuda":
            each = threads or min(THREADS, cpus)
            found += [_Needs(each)] * (cpus // each)
    if not found:
        raise ResourceError(
            "The cluster has no room for a worker.",
            f"Wanted: a machine with {threads or 1} free processors{' and a card' if device == 'cuda' else ''}; "
            f"the cluster has {counted(len(nodes), 'machine')}.",
            "Ask for less with --threads and --device, or add machines to the cluster.",
        )
    return found


@contextmanager
def _cluster(address: str | None) -> Generator[Any, None, None]:
    """Yield the module ray, connected; what was started or connected here is ended."""
    # Set before the import: Ray reads some of them then.
    wishes = _QUIET if address else _QUIET | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    before = {name: os.environ.get(name) for name in wishes}
    os.environ.update(wishes)
    # Ray's sockets lie in it; their paths may have 107 letters, which a user's own folder for such things exceeds.
    short = Path("/tmp")  # noqa: S108 - a folder of our own is made in it
    folder = None if address else tempfile.mkdtemp(prefix="groundglass-ray-", dir=short if short.is_dir() else None)
    try:
        yield _connected(address, folder)
    finally:
        if "ray" in sys.modules:  # also one whose start was interrupted
            sys.modules["ray"].shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _connected(address: str | None, folder: str | None) -> Any:  # noqa: ANN401 - a module without types
    own = {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "_temp_dir": folder}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it warns of here it raises as well
            ray = importlib.import_module("ray")
            ray.init(address or "local", log_to_driver=False, logging_level="ERROR", **({} if address else own))
    except Exception as error:
        fix = "Leave --on out to run here without Ray."
        if address:
            fix = (
                "Check the address (the port is 10001 where nobody chose another), and that Python and Ray have the "
                "same versions there and here."
            )
        where = f"at {address}" if address else "on this machine"
        raise ResourceError(f"There is no answer from a Ray cluster {where}.", _cause(error), fix) from error
    return ray


@dataclass(eq=False)
class _Seat:
    """One worker as the caller sees it: what it does now, and the call that brings its news."""

    needs: _Needs
    actor: Any
    answer: Any
    index: int | None = None
    news: Any = None
    machine: str = ""


@dataclass
class _Batch:
    """One run of pieces over workers."""

    ray: Any
    make: Callable[[Share], Work[Any, Any]]
    pieces: Sequence[Any]
    voice_of: Callable[[int], Voice]
    waiting: deque[int] = field(default_factory=deque[int])
    seats: list[_Seat] = field(default_factory=list[_Seat])

    def run(self, needs: Sequence[_Needs]) -> Generator[Outcome[Any], None, None]:
        self.waiting = deque(range(len(self.pieces)))
        try:
            self.seats = [self._seat(each) for each in needs]
            while self.seats:
                pending = [r for seat in self.seats for r in (seat.answer, seat.news) if r is not None]
                come, _ = self.ray.wait(pending, num_returns=1)
                for ref in come:
                    seat = next((s for s in self.seats if ref in (s.answer, s.news)), None)
                    if seat is None:
                        continue
                    if ref == seat.news:
                        self._hear(seat)
                    elif (outcome := self._answered(seat)) is not None:
                        yield outcome
        finally:
            self._end()

    def _seat(self, needs: _Needs) -> _Seat:
        kind = self.ray.remote(num_cpus=needs.cpus, num_gpus=needs.cards, max_concurrency=4, max_restarts=0)(Worker)
        actor = kind.remote(self.make, needs.cpus)
        return _Seat(needs, actor, actor.ready.remote())

    def _give(self, seat: _Seat) -> None:
        """Give a free worker its next piece, or let it go."""
        if not self.waiting:
            self.seats.remove(seat)
            self.ray.kill(seat.actor)
            return
        seat.index = self.waiting.popleft()
        seat.answer = seat.actor.do.remote(self.pieces[seat.index])
        seat.news = seat.actor.news.remote()

    def _hear(self, seat: _Seat, *, again: bool = True) -> None:
        """Pass on what a worker told."""
        told: list[Told] = []
        with suppress(Exception):  # a dead worker is noticed by its answer
            told = self.ray.get(seat.news)
        if seat.index is not None and told:
            voice = self.voice_of(seat.index)
            for text, done, total in told:
                if done < 0:
                    voice.say(text)
                else:
                    voice.update(done, total, text)
        seat.news = seat.actor.news.remote() if again else None

    def _answered(self, seat: _Seat) -> Outcome[Any] | None:
        """Take the answer of a worker and give it the next piece."""
        index = seat.index
        outcome: Outcome[Any]
        try:
            value = self.ray.get(seat.answer)
        except self.ray.exceptions.RayTaskError as failed:
            error: Exception = failed.cause if isinstance(failed.cause, Exception) else failed
            if isinstance(error, Cancelled):
                raise error from None
            outcome = Outcome(index or 0, error=error)
        except self.ray.exceptions.RayError as lost:
            return self._lost(seat, lost)
        else:
            outcome = Outcome(index or 0, value)
            if index is None:
                seat.machine = str(value)
        if index is not None:
            self._hear(seat)
            self._hear(seat, again=False)  # what was told between the last news and the end
        self._give(seat)
        return None if index is None else outcome

    def _lost(self, seat: _Seat, error: Exception) -> Outcome[Any] | None:
        """Replace a worker that died; its piece has failed."""
        self.seats.remove(seat)
        if seat.index is None:
            if self.seats:  # the others go on without it
                return None
            raise WorkerError(
                "No worker could start on the cluster.",
                _cause(error),
                "Install the same version of groundglass for the same Python on each of its machines.",
            ) from error
        if self.waiting:
            self.seats.append(self._seat(seat.needs))
        return Outcome(
            seat.index,
            error=WorkerError(
                f"The worker on “{seat.machine}” ended without an answer.",
                "Its machine was lost, or its memory ran out.",
                "Run this case alone, or with fewer workers on a machine (a larger --threads).",
            ),
        )

    def _end(self) -> None:
        """Stop what still runs, first by asking."""
        busy = [seat.answer for seat in self.seats if seat.index is not None]
        with suppress(Exception):
            for seat in self.seats:
                seat.actor.stop.remote()
            if busy:
                self.ray.wait(busy, num_returns=len(busy), timeout=_STOP_S)
        for seat in self.seats:
            with suppress(Exception):
                self.ray.kill(seat.actor)


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "Error" in line]
    return (named or lines or [type(error).__name__])[-1][:300]
