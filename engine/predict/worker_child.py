"""The engine process itself: takes one job after the other until its parent is gone.

A second thread listens to the parent all the time, so that a cancel arrives in the middle of a window and the
end of the parent (its pipe closes, even when it was killed) ends this process at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import Cancelled, GroundglassError, ResourceError, WorkerError
from engine.core.log import traced
from engine.core.progress import CancelToken
from engine.core.types import HuArray, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid

_NICER = 5


@dataclass(frozen=True)
class SharedVolume:
    """A CT the engine process can read.

    Args:
        path: Raw int16 file, (z, y, x), little-endian.
        grid: Its grid.
    """

    path: Path
    grid: Grid


@dataclass
class Job:
    """What a job function is given besides its own arguments.

    Args:
        number: The parent's number of it.
        shared: The CT that goes with it.
        cancel: Set when the parent says stop.
        kept: Lives as long as the process: warm networks, embeddings.
    """

    number: int
    shared: SharedVolume | None
    cancel: CancelToken
    kept: dict[Any, Any]
    _link: _Link
    _volume: HuArray | None = field(default=None)

    @property
    def hu(self) -> HuArray:
        """The CT, (z, y, x) int16, mapped read-only."""
        if self._volume is None:
            shared = self._needed()
            self._volume = np.memmap(shared.path, dtype="<i2", mode="r", shape=shared.grid.shape_zyx)
        return self._volume

    @property
    def grid(self) -> Grid:
        """Its grid."""
        return self._needed().grid

    def update(self, done: float, total: float, text: str = "") -> None:
        """Tell the parent how far the work is (this makes a job a Progress)."""
        self._link.send(("progress", self.number, done, total, text))

    def slab(self, box: Box, labels: LabelArray) -> None:
        """Hand the parent a part of the label map."""
        self._link.send(("slab", self.number, box, np.ascontiguousarray(labels)))

    def _needed(self) -> SharedVolume:
        if self.shared is None:
            raise WorkerError("The engine process was given no CT.", "", "Report this defect.")
        return self.shared


class _Link:
    """The pipe to the parent, the jobs that came through it and the flags to stop them.

    Args:
        pipe: To the parent.
        leave: Ends the process; not ``sys.exit``, as the other thread may be deep in a window.
    """

    def __init__(self, pipe: Connection, leave: Callable[[int], object] = os._exit) -> None:
        self._pipe = pipe
        self._leave = leave
        self._lock = threading.Lock()
        self.waiting: queue.Queue[tuple[Any, ...] | None] = queue.Queue()
        self.tokens: dict[int, CancelToken] = {}

    def send(self, message: tuple[Any, ...]) -> None:
        """Send, or end the process if nobody listens any more."""
        try:
            with self._lock:
                self._pipe.send(message)
        except (BrokenPipeError, OSError):
            self._leave(0)

    def listen(self) -> None:
        """Take messages until the parent is gone."""
        while True:
            message: tuple[Any, ...] = ("stop",)
            with contextlib.suppress(EOFError, OSError):
                message = self._pipe.recv()
            if message[0] == "stop":
                self._leave(0)
                return
            if message[0] == "cancel":
                token = self.tokens.get(message[1])
                if token is not None:
                    token.cancel()
                continue
            self.tokens[message[1]] = CancelToken()
            self.waiting.put(message)


def run(pipe: Connection) -> None:
    """Be the engine process. Target of the parent's spawn."""
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then says stop
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICER)  # the window comes first
    link = _Link(pipe)
    threading.Thread(target=link.listen, name="parent", daemon=True).start()
    kept: dict[Any, Any] = {}
    while True:
        message = link.waiting.get()
        if message is not None:
            _answer(link, message, kept)


def _answer(link: _Link, message: tuple[Any, ...], kept: dict[Any, Any]) -> None:
    _, number, target, volume, values = message
    job = Job(number, volume, link.tokens[number], kept, link)
    try:
        job.cancel.check()
        answer: tuple[Any, ...] = ("done", number, _resolve(target)(job, **values))
    except (GroundglassError, Cancelled) as error:
        answer = ("failed", number, error)
    except MemoryError:
        short = ResourceError(
            "The computer ran out of memory.", "A block of memory was refused.", "Close other programs and try again."
        )
        answer = ("failed", number, short)
    except Exception as defect:  # noqa: BLE001 - the process must live on; the parent shows it as a defect
        answer = ("failed", number, _defect(defect))
    finally:
        link.tokens.pop(number, None)
    link.send(answer)


def _defect(defect: Exception) -> WorkerError:
    what = "Something went wrong in the engine process; this is a defect of groundglass."
    return WorkerError(
        what, f"It was a {type(defect).__name__}.", "Report it with the details.", details=traced(defect)
    )


def _resolve(target: str) -> Any:  # noqa: ANN401
    module, _, name = target.partition(":")
    if not module.startswith("engine."):
        raise WorkerError(f"The engine process does not run {target}.", "It runs functions of the engine only.")
    return getattr(importlib.import_module(module), name)
