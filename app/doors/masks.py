"""Masks of other programs: read over the open study, matched by name, laid into the case as one change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.doors.segment import merged
from app.jobs.job import Job
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.labelset import LabelSet
from engine.case.volume import Notice
from engine.geometry.box import Box
from engine.geometry.grid import Grid

if TYPE_CHECKING:
    from engine.io.masks.label_names import ForeignMask, Match


def read(path: Path, grid: Grid, answers: tuple[tuple[str, str], ...] = ()) -> Job:
    """Read a mask onto a grid. The result is a `ForeignMask`.

    Args:
        path: NIfTI, NRRD or MetaImage.
        grid: Of the open study.
        answers: What the person answered so far: (key, value).
    """

    def work(job: Job) -> ForeignMask:
        from engine.io.masks.read import read_mask
        from engine.io.options import ReadOptions

        options, resample = ReadOptions(), None
        for key, value in answers:
            if key == "resample_mask":
                resample = value == "yes"
            else:
                options = options.answered(key, value)
        return read_mask(path, grid, resample_mask=resample, options=options, cancel=job.token)

    return Job("Reading the mask", work)


def matches(mask: ForeignMask, labelset: LabelSet) -> tuple[Match, ...]:
    """Return which label each value most likely means."""
    from engine.io.masks.label_names import match_labels

    return match_labels(mask, labelset)


def lay_over(case: Case, mask: ForeignMask, mapping: Mapping[int, int | None], name: str) -> Job:
    """Put a mask into the case. The result is (Delta or None, notices); locked labels stay as they are.

    Args:
        case: As it is now.
        mask: As read.
        mapping: Original value → label id; None leaves its voxels as they are.
        name: Of the file, for the history.
    """
    locked = case.labelset.locked_ids
    volume = case.volume

    def work(_job: Job) -> tuple[Delta | None, tuple[Notice, ...]]:
        from engine.io.masks.label_names import apply_mapping
        from engine.io.masks.read import overlap_notice

        found = apply_mapping(mask, mapping)
        if locked:
            table = np.arange(256, dtype=np.uint8)
            table[list(locked)] = 0
            found = table[found]
        after = np.empty_like(found)
        before = case.labels.data
        for z in range(found.shape[0]):
            part = np.where(found[z] > 0, found[z], before[z])
            after[z] = merged(before[z], part, locked)
        notices = mask.notices + (overlap_notice(found, volume.hu, name) if volume.has_hu else ())
        change = Delta.between(case.labels, Box.whole(found.shape), after, title=f"Import {name}")
        return change, notices

    return Job("Laying the mask over", work)
