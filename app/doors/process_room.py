"""Where a door keeps its engine process and the CT that the process was given; called from any thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from app.jobs.job import Job
from engine.case.volume import Volume
from engine.core.errors import Cancelled

if TYPE_CHECKING:
    from engine.predict.worker import EngineProcess
    from engine.predict.worker_child import SharedVolume


class ProcessRoom:
    """An engine process, made when it is first needed, and the one CT it holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: EngineProcess | None = None
        self._shared: tuple[Volume, SharedVolume] | None = None
        self._ending: list[EngineProcess] = []
        self._turn = 0
        self._closed = False

    def end(self) -> Job | None:
        """Let go of the process and the CT; the job does the waiting. None if there is nothing to end."""
        with self._lock:
            process, self._process, self._shared = self._process, None, None
            if process is None:
                return None
            self._ending.append(process)

        def work(_job: Job) -> None:
            process.close()
            with self._lock:
                self._ending.remove(process)

        return Job("Ending an engine process", work, visible=False)

    def forget_volume(self) -> None:
        """Let go of the CT, also of one that is being handed over; the process stays."""
        with self._lock:
            process, held, self._shared = self._process, self._shared, None
            self._turn += 1
        if process is not None and held is not None:
            process.forget(held[1])

    def close(self) -> None:
        """End everything now, for good, also what no job has come to."""
        with self._lock:
            self._closed = True
            processes = [*self._ending, *([] if self._process is None else [self._process])]
            self._process = self._shared = None
        for process in processes:
            process.close()

    def _here(self) -> EngineProcess:
        """Return the process, made but not necessarily started.

        Raises:
            Cancelled: the room is closed.
        """
        from engine.predict.worker import EngineProcess

        with self._lock:
            if self._closed:
                raise Cancelled
            if self._process is None:
                self._process = EngineProcess()
            return self._process

    def _ready(self, volume: Volume) -> tuple[EngineProcess, SharedVolume]:
        """Return the process and a CT that it can read.

        Raises:
            Cancelled: the room was closed or its CT let go meanwhile.
            ResourceError: the disk for temporary files is full.
        """
        process = self._here()
        with self._lock:
            held, turn = self._shared, self._turn
        if held is not None and held[0] is volume:
            return process, held[1]
        shared = process.share(volume.hu, volume.grid)
        with self._lock:
            ended, left, held = process is not self._process, turn != self._turn, self._shared
            same = held if held is not None and held[0] is volume else None  # of another job that was quicker
            if not ended and not left:
                self._shared = same or (volume, shared)
        if ended:  # what was written for it goes too
            process.close()
            raise Cancelled
        if left:
            process.forget(shared)
            raise Cancelled
        if same is not None:
            process.forget(shared)
            return process, same[1]
        if held is not None:
            process.forget(held[1])
        return process, shared
