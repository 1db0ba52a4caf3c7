"""One image file to another format: same grid, same values, same type of voxel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.volume import Notice
from engine.core.errors import FormatError, InputError
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.geometry.shear import unshear, unshear_labels
from engine.io.export.image import format_of, refuse_existing, write_image
from engine.io.images.raw import RawImage, Segment, sheared_notice, straight_grid
from engine.io.masks.read import read_any
from engine.io.masks.sidecar import read_sidecar
from engine.io.masks.write import write_labels
from engine.io.options import ReadOptions

_SLAB = 16
_SPARE_COLOURS = ("#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2", "#e69f00", "#999999")


def convert_file(
    source: Path,
    target: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    overwrite: bool = False,
    cancel: CancelToken | None = None,
) -> tuple[Notice, ...]:
    """Write a NIfTI, NRRD or MetaImage file in the format that the name of `target` says.

    Values are never windowed, clipped or shifted; scaling in the header is applied. A file that names its
    labels (3D Slicer, or JSON beside it) keeps their names.

    Args:
        source: The file; told by its bytes.
        target: Ends with one of ``engine.io.export.image.SUFFIXES``.
        options: The user's answers.
        overwrite: Replace an existing file.
        cancel: Looked at now and then.

    Returns:
        What must be said about the source.

    Raises:
        InputError: the source cannot be read, or the target exists.
        ChoiceNeeded: the source can be read in two ways.
        ResourceError: memory or disk gave out.
    """
    format_of(target)
    refuse_existing(target, overwrite=overwrite)
    raw = read_any(source, options, cancel)
    try:
        segments = read_sidecar(source) or raw.segments
    except FormatError:
        segments = raw.segments
    array = _values(raw)
    array, grid, notices = _placed(raw, array, source.name, cancel)
    labelset = _labelset(segments)
    if labelset is not None and array.dtype == np.uint8:
        write_labels(target, array, grid, labelset, overwrite=overwrite)
    else:
        write_image(target, array, grid, overwrite=overwrite)
    return (*raw.notices, *notices)


def _values(raw: RawImage) -> NDArray[Any]:
    """Return the values in the smallest usual type that holds them; stored ones as they are."""
    if not raw.scaled:
        return raw.array
    values = np.empty(raw.shape, dtype=np.float64)
    for start in range(0, values.shape[0], _SLAB):
        values[start : start + _SLAB] = raw.array[start : start + _SLAB] * np.float64(raw.slope) + raw.intercept
    finite = bool(np.isfinite(values).all())
    if finite and not (values - np.rint(values)).any():
        for kind in (np.int16, np.int32):
            if np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max:
                return values.astype(kind)
    return values.astype(np.float32)


def _placed(
    raw: RawImage, array: NDArray[Any], name: str, cancel: CancelToken | None
) -> tuple[NDArray[Any], Grid, tuple[Notice, ...]]:
    grid, notices = straight_grid(raw, name)
    if grid is not None:
        return array, grid, notices
    if array.dtype == np.uint8:
        array, grid = unshear_labels(array, raw.steps_lps, raw.origin_lps, cancel=cancel)
    elif array.dtype == np.int16:
        array, grid = unshear(array, raw.steps_lps, raw.origin_lps, cancel=cancel)
    else:
        raise InputError(
            f"“{name}” cannot be converted.",
            f"Its axes are not at right angles, and it would have to be resampled; its voxels are {array.dtype}.",
            "Store it as 16-bit grey values or 8-bit labels first.",
        )
    return array, grid, (*notices, sheared_notice(raw))


def _labelset(segments: tuple[Segment, ...]) -> LabelSet | None:
    known = {label.key: label for label in default_labelset()}
    labels: list[Label] = []
    for segment in segments:
        if not 1 <= segment.value <= 255 or segment.value in {x.id for x in labels}:
            continue
        key = segment.key or f"label_{segment.value}"
        usual = known.get(key)
        spare = _SPARE_COLOURS[segment.value % len(_SPARE_COLOURS)]
        colour = segment.colour if _is_colour(segment.colour) else usual.colour if usual else spare
        if key in {x.key for x in labels}:
            key = f"label_{segment.value}"
        labels.append(Label(segment.value, key, segment.name, colour))
    return LabelSet(tuple(labels)) if labels else None


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])
