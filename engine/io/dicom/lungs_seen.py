"""How much lung a series shows, told from a few of its slices: what decides between two series of one name.

A header that says neither chest nor abdomen leaves only the picture. A few slices spread over the series are
decoded and thinned out; what counts is the share of the body's cross-section that is as thin as lung.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GroundglassError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.dicom.geometry import along_normal, axes_of
from engine.io.dicom.pixels import PixelReader
from engine.io.dicom.rows import names_chest
from engine.io.dicom.slice import Slice
from engine.io.rows import SeriesRow

SAMPLES = 7
_CLOSE = 40.0
"""Two series whose points differ by more are told apart by their headers already."""
_MOST = 6
_FEWEST = 10
_POINTS, _MOST_POINTS = 100.0, 25.0
_NO_LUNG = 0.02
_SIDE = 128
_TISSUE_HU = -300
_LUNG_HU = (-980, -500)
"""Bowel gas and air outside lie below, fat above."""
_LEAST_BODY = 0.02


def looked_closer(
    rows: Sequence[SeriesRow],
    progress: Progress = NoProgress(),  # noqa: B008 - holds nothing
    cancel: CancelToken | None = None,
) -> list[SeriesRow]:
    """Return the rows, those of them that compete for being the chest with points for the lung they show.

    Rows with nobody to compete with cost nothing.

    Args:
        rows: As their headers tell them.
        progress: Told in series.
        cancel: Looked at before each slice.

    Raises:
        Cancelled: `cancel` was set.
    """
    able = [r for r in rows if r.kind == "dicom" and r.loadable and r.modality == "CT" and r.slices >= _FEWEST]
    best = max((r.chest_score for r in able), default=0.0)
    close = sorted((r for r in able if best - r.chest_score < _CLOSE), key=lambda r: -r.chest_score)[:_MOST]
    if len(close) < 2:
        return list(rows)
    seen: dict[int, SeriesRow] = {}
    for done, row in enumerate(close):
        progress.update(done, len(close), "Looking for the lungs")
        slices = cast("tuple[Slice, ...]", row.handle)
        share = lung_share(slices, cancel)
        if share is not None:
            points = min(_MOST_POINTS, _POINTS * share)
            chest = row.is_chest_ct and (share >= _NO_LUNG or names_chest(slices[0]))
            seen[id(row)] = replace(row, chest_score=row.chest_score + points, is_chest_ct=chest)
    return [seen.get(id(row), row) for row in rows]


def lung_share(slices: Sequence[Slice], cancel: CancelToken | None = None) -> float | None:
    """Return which part of the body's cross-section is lung, 0 … 1, averaged over a few slices.

    Args:
        slices: Of one series of CT images.
        cancel: Looked at before each slice.

    Returns:
        About 0.3 for a chest, below 0.1 for an abdomen with the bases of the lungs; None if nothing could be read.

    Raises:
        Cancelled: `cancel` was set.
    """
    shares: list[float] = []
    reader = PixelReader()
    try:
        for one in spread(slices):
            if cancel is not None:
                cancel.check()
            hu = np.empty((one.rows, one.columns), dtype=np.int16)
            try:
                reader.read_into(one, hu)
            except GroundglassError:
                continue
            shares.append(share_in(hu))
    finally:
        reader.close()
        for one in slices:
            one.member.release()
    return float(np.mean(shares)) if shares else None


def share_in(hu: NDArray[np.int16]) -> float:
    """Return which part of the body in one image is lung; 0 where there is hardly a body.

    The body is the largest piece of tissue once thin things (cloths, the shell of the table) are worn off, with all
    that it encloses: the foam of a table and the air between cloth and skin lie outside.

    Args:
        hu: (rows, columns).
    """
    from scipy import ndimage

    step = max(1, max(hu.shape) // _SIDE)
    small = hu[::step, ::step]
    tissue = ndimage.binary_opening(small > _TISSUE_HU, np.ones((3, 3), dtype=bool))
    labelled: Any = ndimage.label(tissue)
    pieces, count = cast("tuple[NDArray[np.int32], int]", labelled)
    if count == 0:
        return 0.0
    largest = int(np.bincount(pieces.ravel())[1:].argmax()) + 1
    body = np.asarray(ndimage.binary_fill_holes(pieces == largest), dtype=bool)
    size = int(body.sum())
    if size < _LEAST_BODY * small.size:
        return 0.0
    return float((body & (small > _LUNG_HU[0]) & (small < _LUNG_HU[1])).sum()) / size


def spread(slices: Sequence[Slice]) -> list[Slice]:
    """Return a few whole slices, evenly from one end of the series to the other."""
    whole = [s for s in slices if not s.truncated and s.pixel_offset >= 0]
    if whole and whole[0].orientation is not None and all(s.position is not None for s in whole):
        try:
            order = np.argsort(along_normal(np.array([s.position for s in whole]), axes_of(whole[0].orientation)))
            whole = [whole[int(k)] for k in order]
        except GroundglassError:
            whole.sort(key=lambda s: s.instance)
    else:
        whole.sort(key=lambda s: s.instance)
    if len(whole) <= SAMPLES:
        return whole
    at = (np.arange(SAMPLES) + 0.5) * len(whole) / SAMPLES
    return [whole[int(k)] for k in at]
