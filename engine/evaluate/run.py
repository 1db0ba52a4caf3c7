"""Segment labelled cases and measure what comes out, case by case; one that fails does not stop the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import Cancelled, GroundglassError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.evaluate.measures import Measured, measure, region_of
from engine.evaluate.pictures import worst_slice
from engine.evaluate.truth import found_masks, truth_masks
from engine.io.case_folders import read_labelled
from engine.nets.weights import ModelFile
from engine.predict.backends import Engine, EngineRequest, open_engine
from engine.predict.segment import SegmentOptions, segment

Picture = NDArray[np.uint8]


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
        pictures: (case, label) → (h, w, 3) RGB of its worst slice, the lowest Dice first.
    """

    model_id: str
    model_sha256: str
    rows: list[Measured] = field(default_factory=list[Measured])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    pictures: dict[tuple[str, str], Picture] = field(default_factory=dict[tuple[str, str], Picture])

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
    pictures: int = 0,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Evaluation:
    """Measure a model on labelled cases.

    Args:
        model: The weights.
        folders: Of :func:`engine.io.case_folders.case_folders`.
        options: How to segment.
        pictures: Of how many cases and labels with the lowest Dice to keep one.
        progress: Told after every case.
        cancel: Looked at before every case and within.

    Raises:
        Cancelled: someone said stop.
        ModelError: the weights cannot be used at all.
    """
    told, token = progress or NoProgress(), cancel or CancelToken()
    out = Evaluation(model.id, model.card.sha256)
    how = replace(options or SegmentOptions(), anyway=True)  # whoever drew the labels has looked at the scan
    measuring = _Measuring(out, model, how, pictures, token)
    for done, folder in enumerate(folders):
        token.check()
        told.update(done, len(folders), f"Measuring {folder.name}")
        try:
            measuring.one(folder)
        except Cancelled:
            raise
        except GroundglassError as error:
            out.failed[folder.name] = " ".join(error.lines)
    told.update(len(folders), len(folders), "Measured")
    return out


@dataclass
class _Measuring:
    """One model on case after case, its network opened once."""

    out: Evaluation
    model: ModelFile
    options: SegmentOptions
    pictures: int
    cancel: CancelToken
    engine: Engine | None = None

    def one(self, folder: Path) -> None:
        case = read_labelled(folder)
        volume, grid = case.volume, case.volume.grid
        engine = self._engine()
        result = segment(volume.hu, grid, model=self.model, options=self.options, engine=engine, cancel=self.cancel)
        truths = truth_masks(case.masks)
        wanted = tuple(truths)
        founds = found_masks(result.labels, result.labelset, (*wanted, "lung"), grid.spacing_zyx_mm)
        region = region_of(truths.get("lung", founds.get("lung", result.labels > 0)), grid)
        for key in wanted:
            if key in founds:
                row = measure(case.name, key, founds[key], truths[key], grid, region)
                self.out.rows.append(row)
                if self._is_among_the_worst(row):
                    picture = worst_slice(volume.hu, grid, founds[key], truths[key])
                    self._keep(row, picture)
        self.out.seconds[case.name] = result.seconds
        self.out.warnings[case.name] = (*(n.text for n in volume.notices), *result.warnings)

    def _engine(self) -> Engine:
        if self.engine is None:
            o = self.options
            request = EngineRequest(self.model, self.model.card.patch, o.device, o.threads, o.precision, self.cancel)
            self.engine = open_engine(request, o.backend)
        return self.engine

    def _dice(self, place: tuple[str, str]) -> float:
        return self.out.values(place[1], "dice")[place[0]]

    def _is_among_the_worst(self, row: Measured) -> bool:
        dice, kept = row.values["dice"], self.out.pictures
        if math.isnan(dice) or not self.pictures:
            return False
        return len(kept) < self.pictures or dice < max(self._dice(place) for place in kept)

    def _keep(self, row: Measured, picture: Picture) -> None:
        kept = {**self.out.pictures, (row.case, row.label): picture}
        self.out.pictures.clear()
        for place in sorted(kept, key=self._dice)[: self.pictures]:
            self.out.pictures[place] = kept[place]
