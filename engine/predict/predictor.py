"""The sliding window: one window after the other through an engine, finished slabs out as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.core.errors import ResourceError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import HuArray, IndexZyx
from engine.geometry.box import Box
from engine.predict.backends import Engine, Float32, OutOfMemory
from engine.predict.blend import Blender
from engine.predict.tiles import Plan
from engine.prep.normalise import Intensity

BACKGROUND_LOGIT = -12.0
"""What voxels get that no window was asked about: a probability of six millionths."""


@dataclass
class Run:
    """One sliding prediction and how it goes.

    Args:
        engine: Runs a window.
        intensity: Grey values the network wants.
        channels: K.
        plan: Windows.
        wanted: Whether a window is worth asking about.
        fallback: Gives another engine when the graphics card is out of memory.
        windows: Number of windows run so far.
        skipped: Number of windows left out so far.
    """

    engine: Engine
    intensity: Intensity
    channels: int
    plan: Plan
    wanted: Callable[[Box], bool] = field(default=lambda _box: True)
    fallback: Callable[[OutOfMemory], Engine] | None = None
    windows: int = 0
    skipped: int = 0

    def slabs(
        self, hu: HuArray, progress: Progress | None = None, cancel: CancelToken | None = None
    ) -> Iterator[tuple[int, Float32]]:
        """Yield ``(first slice, logits (K, n, y, x))`` in ascending order; together they cover `hu`.

        Args:
            hu: (z, y, x) int16 of ``plan.shape``; only read.
            progress: Told in windows.
            cancel: Looked at before each window and by the engine.

        Raises:
            Cancelled: `cancel` was set.
            ResourceError: memory gave out.
        """
        progress = progress or NoProgress()
        layers = [(boxes, [self.wanted(b) for b in boxes], until) for _, boxes, until in self.plan.layers()]
        total = sum(sum(wanted) for _, wanted, _ in layers)
        blender = Blender(self.channels, self.plan.padded, self.plan.tile, BACKGROUND_LOGIT)
        depth, height, width = self.plan.shape
        progress.update(0, total, "Segmenting")
        for boxes, wanted, until in layers:
            for box, want in zip(boxes, wanted, strict=True):
                if not want:
                    self.skipped += 1
                    continue
                if cancel is not None:
                    cancel.check()
                blender.add(box.start_zyx, self._infer(hu, box, cancel))
                self.windows += 1
                progress.update(self.windows, total, f"Segmenting: window {self.windows} of {total}")
            first, values = blender.release(until)
            yield first, values[:, : depth - first, :height, :width]

    def _infer(self, hu: HuArray, box: Box, cancel: CancelToken | None) -> Float32:
        window = self.intensity.apply(cut(hu, box))[None, None]
        try:
            return self.engine.infer(window, cancel)
        except OutOfMemory as error:
            if self.fallback is None:
                raise
            self.engine = self.fallback(error)
            return self.engine.infer(window, cancel)
        except MemoryError as error:
            raise ResourceError(
                "The computer ran out of memory while segmenting.",
                f"One window of {box.shape} voxels did not fit.",
                "Close other programs and try again.",
            ) from error


def cut(hu: HuArray, box: Box) -> HuArray:
    """Return the voxels of `box`; beyond the volume the last voxels repeat, as a thin slab has no air around it."""
    shape: IndexZyx = (hu.shape[0], hu.shape[1], hu.shape[2])
    inside = hu[box.clipped(shape).slices]
    if inside.shape == box.shape:
        return inside
    after = [(0, max(0, stop - n)) for stop, n in zip(box.stop_zyx, shape, strict=True)]
    return np.pad(inside, after, mode="edge")
