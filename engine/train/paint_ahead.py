"""The cases of a training set painted in many processes before the training starts.

A chest takes a processor some seconds; a set of hundreds is ready sooner where there are many. What is made is kept
where :func:`engine.train.gather.gather` looks for it, so the training finds everything there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from engine.core.errors import ResourceError
from engine.core.paths import cache_dir
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx
from engine.io.files.memory import free_bytes
from engine.train.gather import seeds_of
from engine.train.manifest import Gathered
from engine.train.samples import painted, synthetic

_BYTES_EACH = 2 << 30
_AT_ONCE = 3
"""Seeds of a host painted by a process before it takes another task; its lungs are read only once for them."""
_LOOK_S = 0.5

Task = tuple[Path | None, range, FloatZyx]


def paint_ahead(
    gathered: Gathered,
    spacing_zyx_mm: FloatZyx,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> int:
    """Make the cases of a manifest that are not kept yet, and return how many processes did.

    Args:
        gathered: The manifest and its folder.
        spacing_zyx_mm: Spacing of the samples.
        workers: Processes; as many as processors and memory allow if None. With one nothing is done: the training
            makes what it lacks itself.
        progress: Told after every few cases.
        cancel: Looked at twice a second; what is being painted then is finished first, and kept.

    Raises:
        InputError: a scan shows no lung to paint into.
        ResourceError: a process was ended from outside, mostly for want of memory.
        Cancelled: someone said stop.
    """
    told, token = progress or NoProgress(), cancel or CancelToken()
    tasks = list(_tasks(gathered, spacing_zyx_mm))
    most = min(len(tasks), max(1, free_bytes() // _BYTES_EACH), os.cpu_count() or 1)
    count = most if workers is None else min(workers, len(tasks))
    if count <= 1:
        return 0
    total, done = sum(len(seeds) for _, seeds, _ in tasks), 0
    # a fresh interpreter each: a copy of one that runs threads may stand still for ever
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _leave_stopping_to_parent)
    try:
        waiting: dict[Future[None], int] = {pool.submit(_paint, task): len(task[1]) for task in tasks}
        while waiting:
            token.check()
            told.update(done, total, f"Painting chests in {count} processes")
            finished, _ = wait(waiting, _LOOK_S, FIRST_COMPLETED)
            for future in finished:
                done += waiting.pop(future)
                future.result()
    except BrokenProcessPool as error:
        raise ResourceError(
            "A process that painted chests was ended from outside.",
            f"{count} ran at once; each needs about {_BYTES_EACH >> 30} GiB.",
            "Use fewer with --workers, and start again: what was painted is kept.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
    told.update(total, total, "Chests are painted")
    return count


def _tasks(gathered: Gathered, spacing_zyx_mm: FloatZyx) -> Iterator[Task]:
    for source in gathered.manifest.sources:
        if source.kind == "labelled":
            continue
        seeds = seeds_of(source)
        scan, step = (gathered.root / source.path, _AT_ONCE) if source.kind == "painted" else (None, 1)
        for first in seeds[::step]:
            yield scan, range(first, min(first + step, seeds.stop)), spacing_zyx_mm


def _leave_stopping_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all of them; what is under way is finished


def _paint(task: Task) -> None:
    scan, seeds, spacing_zyx_mm = task
    if scan is None:
        synthetic(cache_dir() / "cohort", seeds, spacing_zyx_mm)
    else:
        painted(scan, cache_dir() / "cohort", seeds, spacing_zyx_mm)
