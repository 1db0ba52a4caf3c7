"""Patches drawn ahead of the network that learns from them.

A graphics card takes a patch in a hundredth of the time it takes to cut and change one. Every batch follows from the
seed and its step alone, so it does not matter who draws it, or when.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from engine.train.batches import Drawer

if TYPE_CHECKING:
    from torch import Tensor

    from engine.losses.target import Target


class Ahead:
    """Draws the batches that will be asked for next, on other threads.

    Args:
        drawer: What draws.
        accumulate: Batches per update.
        workers: Threads; 0 draws when asked.
    """

    def __init__(self, drawer: Drawer, accumulate: int, workers: int) -> None:
        self._drawer = drawer
        self._accumulate = accumulate
        self._reach = 2 * workers
        self._pool = ThreadPoolExecutor(workers, "patches") if workers else None
        self._coming: dict[tuple[int, int], Future[tuple[Tensor, Target]]] = {}

    def batch(self, step: int, part: int = 0) -> tuple[Tensor, Target]:
        """Return the batch of a step as :meth:`Drawer.batch` does, and have the next ones drawn."""
        if self._pool is None:
            return self._drawer.batch(step, part)
        first = step * self._accumulate + part
        wanted = [divmod(first + i, self._accumulate) for i in range(self._reach + 1)]
        for key in [key for key in self._coming if key not in wanted]:
            self._coming.pop(key).cancel()
        for key in wanted:
            if key not in self._coming:
                self._coming[key] = self._pool.submit(self._drawer.batch, *key)
        return self._coming.pop((step, part)).result()

    def close(self) -> None:
        """Forget what was not asked for, and let the threads go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._coming.clear()
