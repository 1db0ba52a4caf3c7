"""The engine process: everything that needs torch or OpenVINO runs beside the window, not in it.

Importing torch in a thread froze the window for half a second, and a process keeps an out-of-memory kill away from
unsaved work. The process is spawned (never forked), takes one job after the other, keeps the network warm, and
ends when its parent does, however that ends. The CT goes over as a memory-mapped file; results come back slab by slab.

This half is the client. It knows nothing of Qt: callbacks come on its own listening thread.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import multiprocessing
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.atomic import explain_os_error
from engine.core.errors import Cancelled, WorkerError
from engine.core.types import HuArray, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.predict.scratch import scratch_folder
from engine.predict.worker_child import SharedVolume, run

_GONE = "It starts again by itself with the next request."
_CLOSE_S = 3.0


@dataclass
class Handlers:
    """What to call while a job runs, on the client's listening thread; each may be None.

    Args:
        progress: (done, total, text).
        slab: (box, labels of that box) in the order of the source; a later one overrides an earlier one.
        done: The result.
        failed: The error, one of ours.
        cancelled: The job stopped because it was told to.
    """

    progress: Callable[[float, float, str], None] | None = None
    slab: Callable[[Box, LabelArray], None] | None = None
    done: Callable[[Any], None] | None = None
    failed: Callable[[Exception], None] | None = None
    cancelled: Callable[[], None] | None = None


@dataclass(eq=False)
class Ticket:
    """A job under way in the engine process."""

    number: int
    handlers: Handlers
    _engine: EngineProcess
    labels: LabelArray | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _result: Any = None
    _error: BaseException | None = None

    @property
    def ended(self) -> bool:
        """Whether the job is over, one way or another."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Ask the job to stop; `cancelled` is called within a second."""
        self._engine._send(("cancel", self.number))  # noqa: SLF001 - the two are one

    def wait(self, timeout_s: float | None = None) -> Any:  # noqa: ANN401 - what the job gives
        """Return the result of the job.

        Raises:
            Cancelled: it was cancelled.
            GroundglassError: it failed.
            TimeoutError: it is not over yet.
        """
        if not self._ended.wait(timeout_s):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._result

    def _end(self, result: Any, error: BaseException | None) -> None:  # noqa: ANN401
        self._result, self._error = result, error
        self._ended.set()


class EngineProcess:
    """Starts the engine process when it is needed and speaks with it. All methods may be called from any thread.

    Once closed it starts nothing any more: another thread may be about to ask.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._send_lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._tickets: dict[int, Ticket] = {}
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._listener: threading.Thread | None = None
        self._folder: Path | None = None
        self._closed = False

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        process = self._process
        return process is not None and process.is_alive()

    @property
    def pid(self) -> int | None:
        """The process' number, None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def start(self) -> None:
        """Start the process if it does not run. Returns at once; imports happen over there.

        Raises:
            Cancelled: it was closed.
            WorkerError: the system starts no process.
        """
        with self._lock:
            if self._closed:
                raise Cancelled
            if self.alive and self._pipe is not None:
                return
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()

            process = context.Process(target=run, args=(theirs,), name="groundglass engine", daemon=True)
            try:
                process.start()
            except OSError as error:
                raise WorkerError("The engine process did not start.", f"{error.strerror}.", _GONE) from error
            theirs.close()
            self._process, self._pipe = process, ours
            self._listener = threading.Thread(
                target=self._listen, args=(process, ours), name="groundglass engine listener", daemon=True
            )
            self._listener.start()

    def share(self, hu: HuArray, grid: Grid) -> SharedVolume:
        """Write a CT where the engine process can map it; keep the result for further requests on the same CT.

        Raises:
            Cancelled: it was closed, before or while the CT was written.
            ResourceError: the disk for temporary files is full.
        """
        folder = self._temporary_folder()
        path = folder / f"volume-{next(self._numbers)}.i16"
        try:
            with path.open("wb") as stream:
                for plane in hu:
                    stream.write(np.ascontiguousarray(plane, dtype="<i2").data)
        except OSError as error:
            path.unlink(missing_ok=True)
            self._check_open(folder)
            raise explain_os_error(error, path) from error
        self._check_open(folder)
        return SharedVolume(path, grid)

    def forget(self, volume: SharedVolume) -> None:
        """Delete a shared CT. A job that still reads it is not disturbed."""
        with contextlib.suppress(OSError):  # Windows: still mapped over there; the folder goes at the end
            volume.path.unlink(missing_ok=True)

    def warm_up(
        self,
        model: str | Path | None = None,
        options: Any = None,  # noqa: ANN401 - SegmentOptions, see below
        handlers: Handlers | None = None,
    ) -> Ticket:
        """Import what is needed and load `model`, so that the first request is quick."""
        return self.call("engine.predict.worker_jobs:warm_up", None, handlers, model=model, options=options)

    def segment(
        self,
        volume: SharedVolume,
        *,
        model: str | Path | None = None,
        options: Any = None,  # noqa: ANN401 - SegmentOptions, whose module must not be imported here
        handlers: Handlers | None = None,
    ) -> Ticket:
        """Segment a shared CT; the result is a :class:`engine.predict.segment.Segmentation`.

        Args:
            volume: Of :meth:`share`.
            model: An id, a weight file or a run folder; None for the default.
            options: A :class:`engine.predict.segment.SegmentOptions`.
            handlers: What to call meanwhile.
        """
        return self.call("engine.predict.worker_jobs:segment_job", volume, handlers, model=model, options=options)

    def call(self, target: str, volume: SharedVolume | None, handlers: Handlers | None = None, **values: Any) -> Ticket:
        """Run ``target(job, **values)`` over there.

        Args:
            target: ``"engine.….module:function"``; its first argument is a :class:`engine.predict.worker_child.Job`.
            volume: What ``job.volume`` is to be.
            handlers: What to call meanwhile.
            values: Picklable arguments.

        Raises:
            Cancelled: it was closed.
            WorkerError: the system starts no process.
        """
        with self._lock:
            self.start()
            labels = None if volume is None else np.zeros(volume.grid.shape_zyx, dtype=np.uint8)
            ticket = Ticket(next(self._numbers), handlers or Handlers(), self, labels)
            self._tickets[ticket.number] = ticket
        self._send(("call", ticket.number, target, volume, values))
        return ticket

    def close(self) -> None:
        """End the process for good and delete shared volumes. Jobs under way count as cancelled."""
        with self._lock:
            self._closed = True
            process, pipe, listener = self._process, self._pipe, self._listener
            tickets = list(self._tickets.values())
            self._tickets.clear()
            self._process = self._pipe = self._listener = None
        for ticket in tickets:
            _settle(ticket, Cancelled())
        if process is not None and pipe is not None:
            with contextlib.suppress(OSError, ValueError), self._send_lock:
                pipe.send(("stop",))
            process.join(_CLOSE_S)
            if process.is_alive():
                process.kill()
                process.join()
        if listener is not None and listener is not threading.current_thread():
            listener.join(_CLOSE_S)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _temporary_folder(self) -> Path:
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._folder is None:
                self._folder = scratch_folder()
            return self._folder

    def _check_open(self, folder: Path) -> None:
        """Leave nothing of a CT behind if all was closed while it was written; some systems delete no open file."""
        if self._closed:
            shutil.rmtree(folder, ignore_errors=True)
            raise Cancelled

    def _send(self, message: tuple[Any, ...]) -> None:
        pipe = self._pipe
        if pipe is None:
            return
        with contextlib.suppress(OSError, ValueError), self._send_lock:  # gone: the listener tells the tickets
            pipe.send(message)

    def _listen(self, process: BaseProcess, pipe: Connection) -> None:
        while True:
            try:
                message = pipe.recv()
            except (EOFError, OSError):
                break
            try:
                self._take(message)
            except Exception:  # a callback's own fault must not end the listening
                logging.getLogger(__name__).exception("a callback of the engine process failed")
        process.join(_CLOSE_S)
        with self._lock:
            if self._process is not process:
                return  # closed on purpose
            tickets = list(self._tickets.values())
            self._tickets.clear()
            self._process = self._pipe = None
        error = _death(process.exitcode)
        for ticket in tickets:
            _settle(ticket, error)
        pipe.close()

    def _take(self, message: tuple[Any, ...]) -> None:
        kind, number, *rest = message
        ticket = self._tickets.get(number)
        if ticket is None:
            return
        handlers = ticket.handlers
        if kind == "progress" and handlers.progress is not None:
            handlers.progress(*rest)
        elif kind == "slab":
            box, labels = rest
            if ticket.labels is not None:
                ticket.labels[box.slices] = labels
            if handlers.slab is not None:
                handlers.slab(box, labels)
        elif kind in {"done", "failed"}:
            with self._lock:
                self._tickets.pop(number, None)
            if kind == "failed":
                _settle(ticket, rest[0])
                return
            result = _with_labels(rest[0], ticket.labels)
            ticket._end(result, None)  # noqa: SLF001
            if handlers.done is not None:
                handlers.done(result)


def _with_labels(result: Any, labels: LabelArray | None) -> Any:  # noqa: ANN401
    """Return the result with the label map put together here; it did not travel twice."""
    from dataclasses import is_dataclass, replace

    if labels is not None and is_dataclass(result) and not isinstance(result, type) and hasattr(result, "labels"):
        return replace(result, labels=labels)
    return result


def _settle(ticket: Ticket, error: BaseException) -> None:
    ticket._end(None, error)  # noqa: SLF001
    if isinstance(error, Cancelled):
        if ticket.handlers.cancelled is not None:
            ticket.handlers.cancelled()
    elif ticket.handlers.failed is not None and isinstance(error, Exception):
        ticket.handlers.failed(error)


def _death(code: int | None) -> WorkerError:
    killed = code is not None and code < 0
    if killed and -code == getattr(signal, "SIGKILL", 9):  # pyright: ignore[reportOptionalOperand]
        why = "The system killed it, most likely because memory ran out."
        return WorkerError("The engine process was ended by the system.", why, f"Close other programs. {_GONE}")
    why = f"Its exit code is {code}." if code is not None else "It gave no reason."
    return WorkerError("The engine process ended unexpectedly.", why, _GONE)
