"""Whatever the user drops on the window: a folder, a zip, a DICOMDIR, a file. One door for all of them.

`scan` lists what is inside without reading pixels, `thumbnail` shows one picture of a row,
`open_volume` reads one. What the bytes are decides who reads them; the name of a file never does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import SourceKind, Volume
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx
from engine.io.options import ReadOptions

Started = Callable[[Volume], None]
"""Told once: the volume whose array is allocated (−1024) and whose middle slice is decoded."""

Filled = Callable[[int, int], None]
"""Told often: slices ``[z_start, z_stop)`` of that array are final now."""


@dataclass(frozen=True)
class SeriesRow:
    """One line of the table of what is inside a source. Holds nothing that names the patient.

    Args:
        number: 1, 2, 3 … as ``--series N`` takes it.
        kind: What it is read from.
        description: SeriesDescription, with the patient's name and numbers taken out; for the table only.
        modality: ``"CT"``, ``"MR"`` …, empty where unknown.
        kernel: Reconstruction kernel.
        date: ISO date, empty where unknown.
        slices: Number of images.
        rows: Height of an image in pixels.
        columns: Width of an image in pixels.
        spacing_zyx_mm: Slice distance, row distance, column distance; None where unknown.
        thickness_mm: Slice thickness as told.
        orientation: ``"axial"``, ``"coronal"``, ``"sagittal"``, ``"oblique"`` or empty.
        chest_score: How well it suits a chest programme; the highest is taken by default.
        is_chest_ct: Whether it is taken for a CT of the chest.
        loadable: Whether it can be opened as a volume.
        reason: Why not, or what to look out for; one sentence.
        handle: What the reader needs; opaque.
    """

    number: int
    kind: SourceKind
    description: str
    modality: str
    kernel: str
    date: str
    slices: int
    rows: int
    columns: int
    spacing_zyx_mm: FloatZyx | None
    thickness_mm: float | None
    orientation: str
    chest_score: float
    is_chest_ct: bool
    loadable: bool
    reason: str = ""
    handle: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Skipped:
    """A file that is no part of any row, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """What is inside a source.

    Args:
        rows: Every series and file, best first.
        skipped: What was left out.
        best: Index into `rows` of what is opened by default, None if nothing can be opened.
    """

    rows: tuple[SeriesRow, ...]
    skipped: tuple[Skipped, ...] = ()
    best: int | None = None


def scan(path: Path, *, progress: Progress = NoProgress(), cancel: CancelToken | None = None) -> Scan:  # noqa: B008
    """Return what `path` holds: a folder (with folders inside), a zip, a DICOMDIR or a single file.

    Raises:
        InputError: nothing is there, or nothing in it is known.
        ResourceError: the disk does not answer, or a zip wants more memory than there is.
        Cancelled: `cancel` was set; looked at once per file.
    """
    raise NotImplementedError


def thumbnail(row: SeriesRow, *, size: int = 96) -> NDArray[np.uint8]:
    """Return one picture of a row, (h, w) uint8 with square pixels, the longer side `size`; black if unreadable."""
    raise NotImplementedError


def open_volume(
    source: SeriesRow | Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    *,
    started: Started | None = None,
    filled: Filled | None = None,
    progress: Progress = NoProgress(),  # noqa: B008
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the volume of a row of a scan, or of the best row of a path.

    Runs to the end in the caller's thread; `started` and `filled` are called from it, so that a view can
    show the middle slice at once and the others as they come.

    Args:
        source: A row of :func:`scan`, or a path, of which the best row is taken.
        options: The user's answers to what the reader had to ask.
        started: Called once with the volume being filled; formats that come whole call it at the end.
        filled: Called with the slices that are final, outward from the middle.
        progress: Told in slices.
        cancel: Looked at once per slice.

    Returns:
        The finished volume: array read-only, notices final. Its array is the one `started` was given.

    Raises:
        InputError: it cannot be read; says which file, tag and value.
        ChoiceNeeded: only the user knows how; give the answer in `options`.
        ResourceError: memory or disk gave out.
        Cancelled: `cancel` was set.
    """
    raise NotImplementedError
