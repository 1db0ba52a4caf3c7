"""From a CT to a label map on its own grid: the one function behind the button, the terminal and the tests.

Order of work: turn to the canonical axes (exactly), find the lungs, cut them out, bring them to the network's
spacing, slide a window over them, blend, bring finished slabs back to the source grid, threshold there, put
stray pieces right, turn back. Slabs are handed out while later ones are still being computed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case.doubt import DoubtMap, Interval
from engine.case.labelset import LabelSet
from engine.case.volume import Notice
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import HuArray, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.nets.heads import outputs
from engine.nets.weights import ModelFile, find_model
from engine.predict import guards, memory
from engine.predict.around import Surroundings
from engine.predict.backends import Device, Engine, EngineRequest, Float32, OutOfMemory, Precision, open_engine
from engine.predict.decode import Decoder, Scale, to_probabilities
from engine.predict.doubt_map import Doubting
from engine.predict.post import Cleaning, clean, coarse_steps, runs
from engine.predict.predictor import Run
from engine.predict.return_path import SlabResampler
from engine.predict.tiles import plan
from engine.prep.crop import plan_crop
from engine.prep.lungs import find_lungs

OnSlab = Callable[[Box, LabelArray], None]
"""Told (box, labels of that box), both in the order of the source; a later slab overrides an earlier one."""


@dataclass(frozen=True)
class SegmentOptions:
    """How to segment.

    Args:
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        backend: A name in BACKENDS, or ``"auto"``.
        threads: CPU threads, 0 for all cores.
        overlap: Least share of a window its neighbour covers too; 0.25 is quick, 0.5 smoother and twice the time.
        precision: ``"auto"`` takes bf16 where the CPU or the graphics card has it.
        whole: Look everywhere, not only around the lungs.
        probabilities: Keep the probability of each label (float16).
        doubt: Keep how unsure the network is: a map, and an interval of each volume.
        cleaning: Sizes of what is put right afterwards; None leaves the network's word as it is.
        labelset: Labels to use instead of the program's own.
        anyway: Segment also what looks like no CT or no chest.
    """

    device: Device = "auto"
    backend: str = "auto"
    threads: int = 0
    overlap: float = 0.25
    precision: Precision = "auto"
    whole: bool = False
    probabilities: bool = False
    doubt: bool = False
    cleaning: Cleaning | None = field(default_factory=Cleaning)
    labelset: LabelSet | None = None
    anyway: bool = False


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What a network found.

    Args:
        labels: (z, y, x) uint8 on the grid of the source.
        labelset: What the numbers mean.
        model_id: Which weights.
        model_sha256: Their hash.
        notices: What must be said about it; codes in :data:`engine.predict.guards.CODES`.
        windows: Windows run.
        windows_skipped: Windows left out, as they hold no lung.
        seconds: Wall time.
        device_text: What it ran on.
        box: Part of the source that was looked at.
        probabilities: Label key → (z, y, x) float16 of `box`, if asked for.
        doubt: How undecided the network was, on `box`, if asked for.
        intervals: Of each label the network speaks of, if asked for.
    """

    labels: LabelArray
    labelset: LabelSet
    model_id: str
    model_sha256: str
    notices: tuple[Notice, ...]
    windows: int
    windows_skipped: int
    seconds: float
    device_text: str
    box: Box
    probabilities: dict[str, NDArray[np.float16]] | None = None
    doubt: DoubtMap | None = None
    intervals: tuple[Interval, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notices as sentences."""
        return tuple(notice.text for notice in self.notices)


def segment(  # noqa: PLR0913 - one door for window, terminal and tests
    hu: HuArray,
    grid: Grid,
    *,
    model: Path | str | ModelFile | None = None,
    options: SegmentOptions | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    on_slab: OnSlab | None = None,
) -> Segmentation:
    """Return the label map of a CT.

    Args:
        hu: (z, y, x) int16 Hounsfield units in any orientation; only read.
        grid: Its grid.
        model: An id, a weight file, a run folder or a found model; None takes the default one.
        options: How.
        engine: One that is open already for this model and window (kept warm between cases).
        progress: Told in windows, with a text.
        cancel: Looked at at least once a second.
        on_slab: Given each part of the result as soon as it is known; together they are the result.

    Raises:
        Refused: no CT, or no chest, and `options.anyway` is not set.
        ModelError: the weights are missing or cannot be used.
        ResourceError: too little memory.
        Cancelled: `cancel` was set.
    """
    started = time.monotonic()
    options = options or SegmentOptions()
    found = model if isinstance(model, ModelFile) else find_model(model)
    work = _Work(hu, grid, found, options, progress or NoProgress(), cancel, on_slab)
    work.prepare()
    work.predict(engine)
    work.finish()
    return replace(work.result(), seconds=time.monotonic() - started)


class _Work:
    """One segmentation under way. Arrays named *canonical* are views of the source, turned."""

    def __init__(
        self,
        hu: HuArray,
        grid: Grid,
        model: ModelFile,
        options: SegmentOptions,
        progress: Progress,
        cancel: CancelToken | None,
        on_slab: OnSlab | None,
    ) -> None:
        self._model, self._card, self._options = model, model.card, options
        self._progress, self._cancel, self._on_slab = progress, cancel, on_slab
        self._turn = Orientation.of(grid)
        self._hu, self._grid = self._turn.apply(hu), self._turn.grid(grid)
        self._shape = grid.shape_zyx
        self._decoder = Decoder(self._card, options.labelset)
        self._labels = np.zeros(hu.shape, dtype=np.uint8)
        self._notices: list[Notice] = []
        self._kept: NDArray[np.float16] | None = None
        self._doubting: Doubting | None = None
        self._intervals: tuple[Interval, ...] = ()

    def prepare(self) -> None:
        """Look at the scan: warnings, lungs, crop, windows, memory."""
        self._progress.update(0, 1, "Finding the lungs")
        self._look()
        anyway = self._options.anyway
        told = [*guards.check_values(self._hu), *guards.check_grid(self._grid, self._card.spacing)]
        guards.refuse(told, anyway=anyway)  # before the lungs are looked for
        self._lungs = find_lungs(self._hu, self._grid, self._look)
        told += guards.check_lungs(self._lungs, self._grid)
        self._notices += guards.refuse(told, anyway=anyway)
        if self._decoder.told_by_density:
            self._say(guards.DENSITY, guards.BY_DENSITY)
        box = Box.whole(self._grid.shape_zyx) if self._options.whole else self._lungs.box
        self._crop = plan_crop(self._grid, box, self._card.spacing, self._card.patch)
        across = 0.0 if self._card.by_slice else self._options.overlap
        overlap = (across, self._options.overlap, self._options.overlap)
        self._plan = plan(self._crop.work.shape_zyx, self._card.patch, overlap)
        self._check_memory()
        self._surroundings = Surroundings(self._hu, self._lungs, self._crop)
        self._part = self._turn.apply(self._labels)[self._crop.box.slices]
        self._lung = np.zeros(self._part.shape, dtype=np.uint8)

    def predict(self, engine: Engine | None) -> None:
        """Run the windows and decode the slabs as they are finished."""
        self._look()
        if engine is None:
            self._progress.update(0, len(self._plan), "Getting the network ready")
        said: list[str] = []
        self._engine = engine or open_engine(self._request(), self._options.backend, warnings=said)
        self._say(guards.DEVICE, *said)
        self._run = Run(
            self._engine, self._card.intensity, self._card.channels, self._plan, self._worth, self._go_on_with_cpu
        )
        for start, values, scale in self._slabs():
            stop = start + values.shape[1]
            box = Box((start, 0, 0), (stop, self._part.shape[1], self._part.shape[2]))
            around = self._surroundings.on(box)
            labels, lung = self._decoder.decode(values, scale, around)
            self._part[start:stop], self._lung[start:stop] = labels, lung
            if self._doubting is not None:
                self._doubting.take(values, scale, around, start)
            self._keep(values, scale, start)
            self._tell(start, stop)

    def finish(self) -> None:
        """Put stray pieces right, tell what changed, and count between which volumes what is left may lie."""
        if self._options.cleaning is not None:
            self._clean(self._options.cleaning)
        if self._doubting is not None:
            self._intervals = self._doubting.intervals(self._part, self._crop.grid.spacing_zyx_mm, self._look)

    def _clean(self, cleaning: Cleaning) -> None:
        self._look()
        total = max(1, self._run.windows)
        self._progress.update(total, total, "Cleaning up")
        # Contiguous for the kernels; the part may be a turned view of the result.
        part = np.ascontiguousarray(self._part)
        spacing = self._crop.grid.spacing_zyx_mm
        air = self._surroundings.air_every(coarse_steps(spacing))
        changed = clean(part, self._lung, spacing, self._decoder, air, cleaning, self._look)
        for start, stop in runs(changed):
            self._part[start:stop] = part[start:stop]
            self._tell(start, stop)

    def result(self) -> Segmentation:
        """Return the result; its time is filled in by the caller."""
        return Segmentation(
            labels=self._labels,
            labelset=self._decoder.labelset,
            model_id=self._model.id,
            model_sha256=self._card.sha256,
            notices=tuple(dict.fromkeys([*self._notices, *guards.check_labels(self._part, self._decoder.labelset)])),
            windows=self._run.windows,
            windows_skipped=self._run.skipped,
            seconds=0.0,
            device_text=self._run.engine.text,
            box=self._source_box(self._crop.box),
            probabilities=self._probabilities(),
            doubt=self._doubt(),
            intervals=self._intervals,
        )

    def _slabs(self) -> Iterator[tuple[int, Float32, Scale]]:
        """Yield finished slabs of the crop on the source grid."""
        hu = self._crop.volume(self._hu, cancel=self._cancel)
        slabs = self._run.slabs(hu, self._progress, self._cancel)
        if not self._crop.resampled:
            linear = self._card.head == "sigmoid"
            for start, logits in slabs:
                yield (
                    start,
                    logits if linear else to_probabilities(self._card, logits),
                    ("logits" if linear else "probabilities"),
                )
            return
        back = SlabResampler(self._crop.work, self._crop.grid)
        for start, logits in slabs:
            for at, values in back.push(start, to_probabilities(self._card, logits)):
                self._look()
                yield at, values, "probabilities"

    def _request(self) -> EngineRequest:
        o = self._options
        return EngineRequest(self._model, self._card.patch, o.device, o.threads, o.precision, self._cancel)

    def _go_on_with_cpu(self, error: OutOfMemory) -> Engine:
        self._say(guards.DEVICE, f"{error.why} The rest was computed on the CPU.")
        return open_engine(replace(self._request(), device="cpu"))

    def _worth(self, box: Box) -> bool:
        if self._options.whole:
            return True
        return self._lungs.is_near(self._crop.source_box(box))

    def _check_memory(self) -> None:
        need = memory.estimate(
            self._shape,
            self._crop.grid.shape_zyx,
            self._plan,
            self._card.channels,
            resampled=self._crop.resampled,
            probabilities=self._options.probabilities,
            doubt=self._options.doubt,
        )
        warnings = memory.check(need)
        self._say(guards.MEMORY, *warnings)
        shape = self._crop.grid.shape_zyx
        if self._options.probabilities and memory.NO_PROBABILITIES not in warnings:
            self._kept = np.zeros((len(self._card.labels), *shape), dtype=np.float16)
        if self._options.doubt and memory.NO_DOUBT not in warnings:
            self._doubting = Doubting(self._card, self._decoder, shape)

    def _keep(self, values: Float32, scale: Scale, start: int) -> None:
        if self._kept is None:
            return
        if scale == "logits":
            values = to_probabilities(self._card, values.copy())
        self._kept[:, start : start + values.shape[1]] = values[list(outputs(self._card.head, self._card.labels))]

    def _probabilities(self) -> dict[str, NDArray[np.float16]] | None:
        if self._kept is None:
            return None
        return {key: self._turn.invert(self._kept[i]) for i, key in enumerate(self._card.labels)}

    def _doubt(self) -> DoubtMap | None:
        if self._doubting is None:
            return None
        return DoubtMap.of(self._turn.invert(self._doubting.values), self._source_box(self._crop.box))

    def _tell(self, start: int, stop: int) -> None:
        if self._on_slab is None:
            return
        (z, y, x), (_, y1, x1) = self._crop.box.start_zyx, self._crop.box.stop_zyx
        box = self._source_box(Box((z + start, y, x), (z + stop, y1, x1)))
        self._on_slab(box, self._labels[box.slices].copy())

    def _source_box(self, box: Box) -> Box:
        """Return a box of the canonical volume in the order of the source."""
        ends = np.array([box.start_zyx, np.array(box.stop_zyx) - 1])
        a, b = self._turn.index_from_canonical(ends, self._shape)
        low, high = np.minimum(a, b).astype(int), np.maximum(a, b).astype(int) + 1
        return Box((int(low[0]), int(low[1]), int(low[2])), (int(high[0]), int(high[1]), int(high[2])))

    def _say(self, code: str, *texts: str) -> None:
        self._notices += [Notice(code, text, "info") for text in texts]

    def _look(self) -> None:
        if self._cancel is not None:
            self._cancel.check()
