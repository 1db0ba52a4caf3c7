"""The sample study: one synthetic chest, painted on first use and kept in the cache.

Nothing large lies in the repository, and no patient's picture is needed to try the program.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.atomic import replacing
from engine.core.paths import cache_dir
from engine.core.progress import CancelToken, Progress
from engine.core.types import HuArray, LabelArray
from engine.geometry.grid import Direction, Grid
from engine.synth.cohort import PAINTER_VERSION, make_case
from engine.synth.scanner import Scanner

DEMO_SEED = 2059
DEMO_NAME = "Sample chest (synthetic)"
_SHAPE = (120, 512, 512)
_SPACING = (2.5, 0.72, 0.72)


@dataclass(frozen=True)
class Demo:
    """The sample study and its truth.

    Args:
        hu: (z, y, x) int16.
        labels: (z, y, x) uint8, the five labels of the program.
        grid: Of both.
    """

    hu: HuArray
    labels: LabelArray
    grid: Grid


def demo_path() -> Path:
    """Return where the sample study is kept, whether it is there or not."""
    return cache_dir() / "samples" / f"chest-{PAINTER_VERSION}-{DEMO_SEED}.npz"


def demo(*, progress: Progress | None = None, cancel: CancelToken | None = None) -> Demo:
    """Return the sample study; the first time it is painted.

    Args:
        progress: Told at the start and after every slice.
        cancel: Looked at before every slice.

    Raises:
        Cancelled: by the token; nothing is kept.
        ResourceError: the cache cannot be written.

    Cost: 12 processor seconds on one core to paint.
    """
    path = demo_path()
    kept = _read(path)
    if kept is not None:
        return kept
    made = paint_demo(progress=progress, cancel=cancel)
    grid = made.grid
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            hu=made.hu,
            labels=made.labels,
            spacing=np.asarray(grid.spacing_zyx_mm),
            origin=np.asarray(grid.origin_lps),
            direction=np.asarray(grid.direction),
        )
    return made


def paint_demo(*, progress: Progress | None = None, cancel: CancelToken | None = None) -> Demo:
    """Paint the sample study anew."""
    case = make_case(
        DEMO_SEED,
        spacing_zyx_mm=_SPACING,
        shape_zyx=_SHAPE,
        kind="mixed",
        slab=False,
        tilt_deg=0.0,
        scanner=Scanner(blur_mm=0.55, sharpen=0.25, noise_hu=13.0, grain_mm=0.7),
        progress=progress,
        cancel=cancel,
    )
    return Demo(case.hu, case.labels, case.grid)


def _read(path: Path) -> Demo | None:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            hu, labels = kept["hu"], kept["labels"]
            spacing, origin = (tuple(float(v) for v in kept[key]) for key in ("spacing", "origin"))
            rows = tuple(tuple(float(v) for v in row) for row in kept["direction"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # missing, or cut short by a crash: it is painted again
    direction: Direction = rows  # pyright: ignore[reportAssignmentType]
    return Demo(hu, labels, Grid(hu.shape, spacing, origin, direction))  # pyright: ignore[reportArgumentType]
