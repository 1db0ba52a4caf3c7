"""From a manifest to cases: synthetic chests and painted hosts are made once and kept, labelled cases are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from engine.core.paths import cache_dir
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx
from engine.train.case_folder import read_case
from engine.train.manifest import Gathered, Source
from engine.train.packed_sample import SAMPLE_FILE, read_sample
from engine.train.samples import UNKNOWN, Sample, painted, read, synthetic
from engine.train.split import Split

Readers = Sequence[Callable[[], Sample]]
_FRAME_HU = -1023
"""Nothing a scanner measures is as low; interpolation beside the frame is, or nearly so."""


def names_of(gathered: Gathered) -> Split:
    """Return the names of the cases, those to learn from and those to choose by."""
    train: list[str] = []
    validation: list[str] = []
    for source in gathered.manifest.sources:
        stem = Path(source.path).name or "synthetic"
        if source.kind == "labelled":
            (train if source.cases else validation).append(stem)
            continue
        seeds = [f"{stem}-{seed:06d}" for seed in seeds_of(source)]
        train += seeds[: source.cases]
        validation += seeds[source.cases :]
    return Split(tuple(train), tuple(validation), "manifest")


def gather(
    gathered: Gathered,
    spacing_zyx_mm: FloatZyx,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> tuple[Readers, Readers]:
    """Return what reads the cases to learn from and those to choose the weights by; what is missing is made.

    Args:
        gathered: The manifest and its folder.
        spacing_zyx_mm: Spacing of the samples.
        progress: Told after every case made.
        cancel: Looked at while cases are made.

    Raises:
        InputError: a scan shows no lung to paint into.
    """
    train: list[Callable[[], Sample]] = []
    validation: list[Callable[[], Sample]] = []
    told, token = progress or NoProgress(), cancel or CancelToken()
    for source in gathered.manifest.sources:
        if source.kind == "labelled":
            reader = partial(labelled, gathered.root / source.path, spacing_zyx_mm, padded=source.padded)
            train += [reader] * source.cases
            validation += [reader] if source.validation else []
            continue
        made = partial(synthetic, progress=told, cancel=token)
        if source.kind == "painted":
            made = partial(painted, gathered.root / source.path, progress=told, cancel=token)
        readers = [partial(read, path) for path in made(cache_dir() / "cohort", seeds_of(source), spacing_zyx_mm)]
        train += readers[: source.cases]
        validation += readers[source.cases :]
    return train, validation


def labelled(folder: Path, spacing_zyx_mm: FloatZyx, *, padded: bool) -> Sample:
    """Return a labelled case; with `padded`, its frame of −1024 is marked as unknown. A packed one is as it was packed.

    Raises:
        GeometryError: a mask does not lie on the grid of its CT.
        FormatError: a file is damaged.
    """
    from scipy.ndimage import binary_dilation

    if (folder / SAMPLE_FILE).exists():
        return read_sample(folder / SAMPLE_FILE, spacing_zyx_mm)
    sample = read_case(folder, spacing_zyx_mm)
    if not padded:
        return sample
    frame = np.asarray(binary_dilation(sample.hu <= _FRAME_HU, np.ones((1, 3, 3), bool)), np.bool_)
    frame &= (sample.lungs == 0) & (sample.labels == 0)
    return replace(sample, labels=np.where(frame, np.uint8(UNKNOWN), sample.labels))


def seeds_of(source: Source) -> range:
    """Return the seeds of the cases that are made, those for validation last."""
    return range(source.first_seed, source.first_seed + source.cases + source.validation)
