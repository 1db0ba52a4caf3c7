"""Segment labelled cases and measure what comes out, case by case; one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.errors import Cancelled, GroundglassError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import HuArray, MaskArray
from engine.evaluate.measures import Measured, measure, region_of
from engine.evaluate.truth import found_masks, truth_masks
from engine.geometry.grid import Grid
from engine.io.case_folders import read_labelled
from engine.nets.weights import ModelFile
from engine.predict.segment import SegmentOptions, segment


@dataclass(frozen=True, eq=False)
class Shown:
    """What a picture of a case needs.

    Args:
        hu: (z, y, x) CT.
        grid: Of all.
        founds: (z, y, x) per label.
        truths: (z, y, x) per label.
    """

    hu: HuArray
    grid: Grid
    founds: dict[str, MaskArray]
    truths: dict[str, MaskArray]


@dataclass(frozen=True)
class Evaluation:
    """What was measured of one model.

    Args:
        model_id: Which weights.
        model_sha256: Their hash.
        rows: One per case and label, in the order of the cases.
        seconds: Per case.
        warnings: Per case, what the program said about it.
        failed: Per case that could not be measured, why.
    """

    model_id: str
    model_sha256: str
    rows: list[Measured] = field(default_factory=list[Measured])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of the measured cases, in order."""
        return tuple(dict.fromkeys(row.case for row in self.rows))

    @property
    def labels(self) -> tuple[str, ...]:
        """Keys that were measured in any case, in order."""
        return tuple(dict.fromkeys(row.label for row in self.rows))

    def values(self, label: str, measure_key: str) -> dict[str, float]:
        """Return one measure of one label: case → value."""
        return {row.case: row.values[measure_key] for row in self.rows if row.label == label}


def evaluate(
    model: ModelFile,
    folders: Sequence[Path],
    options: SegmentOptions | None = None,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Evaluation:
    """Measure a model on labelled cases.

    Args:
        model: The weights.
        folders: Of :func:`engine.io.case_folders.case_folders`.
        options: How to segment.
        progress: Told after every case.
        cancel: Looked at before every case and within.

    Raises:
        Cancelled: someone said stop.
        ModelError: the weights cannot be used at all.
    """
    told, token = progress or NoProgress(), cancel or CancelToken()
    out = Evaluation(model.id, model.card.sha256)
    for done, folder in enumerate(folders):
        token.check()
        told.update(done, len(folders), f"Measuring {folder.name}")
        try:
            _one(out, model, folder, options, token)
        except Cancelled:
            raise
        except GroundglassError as error:
            out.failed[folder.name] = " ".join(error.lines)
    told.update(len(folders), len(folders), "Measured")
    return out


def shown(model: ModelFile, folder: Path, options: SegmentOptions | None, labels: tuple[str, ...]) -> Shown:
    """Return a case with what the model finds in it, for its pictures: segmented again rather than kept in memory."""
    case = read_labelled(folder)
    grid = case.volume.grid
    found = segment(case.volume.hu, grid, model=model, options=options)
    founds = found_masks(found.labels, found.labelset, labels, grid.spacing_zyx_mm)
    return Shown(case.volume.hu, grid, founds, truth_masks(case.masks))


def _one(out: Evaluation, model: ModelFile, folder: Path, options: SegmentOptions | None, cancel: CancelToken) -> None:
    case = read_labelled(folder)
    grid = case.volume.grid
    result = segment(case.volume.hu, grid, model=model, options=options, cancel=cancel)
    truths = truth_masks(case.masks)
    wanted = tuple(truths)
    founds = found_masks(result.labels, result.labelset, (*wanted, "lung"), grid.spacing_zyx_mm)
    region = region_of(truths.get("lung", founds.get("lung", result.labels > 0)), grid)
    for key in wanted:
        if key in founds:
            out.rows.append(measure(case.name, key, founds[key], truths[key], grid, region))
    out.seconds[case.name] = result.seconds
    out.warnings[case.name] = (*(n.text for n in case.volume.notices), *result.warnings)
