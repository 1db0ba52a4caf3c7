"""From stored values of any type to at most 255 labels, every original value remembered."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import FormatError
from engine.core.types import LabelArray
from engine.io.images.raw import RawImage

REMAPPED = "mask-values-remapped"

_MOST_VALUES = 255
_NEAR_WHOLE = 0.01
_SLAB = 16


def indexed(raw: RawImage, name: str) -> tuple[LabelArray, tuple[int, ...], tuple[Notice, ...]]:
    """Return the voxels as numbers 0 … 255, the value each stands for, and what to say."""
    array: NDArray[Any] = raw.array
    if array.dtype.kind == "f" or raw.scaled:
        array = _whole(raw, name)
    present = np.flatnonzero(counts_of(array)) if array.dtype == np.uint8 else _values(array, name)
    values = (0, *(int(v) for v in present if v != 0))
    if len(values) > _MOST_VALUES + 1:
        raise _too_many(name, len(values) - 1)
    index = _numbered(array, values)
    lowest, highest = min(values), max(values)
    if lowest < 0 or highest > 255:
        text = f"Values from {lowest} to {highest} were renumbered; the original values are kept for export."
        return index, values, (Notice(REMAPPED, text, "info"),)
    return index, values, ()


def counts_of(index: LabelArray) -> NDArray[np.int64]:
    """Return (256,) voxels per id, slab by slab: counting all at once takes eight times the memory of the map."""
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, index.shape[0], _SLAB):
        counts += np.bincount(index[start : start + _SLAB].reshape(-1), minlength=256)
    return counts


def _whole(raw: RawImage, name: str) -> NDArray[np.int64]:
    result = np.empty(raw.shape, dtype=np.int64)
    for start in range(0, result.shape[0], _SLAB):
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number is no label
            values = raw.array[start : start + _SLAB].astype(np.float64) * raw.slope + raw.intercept
            rounded = np.rint(values)
            off = np.abs(values - rounded)
        if not np.isfinite(values).all() or float(off.max(initial=0)) > _NEAR_WHOLE or np.abs(rounded).max() > 2**53:
            worst = float(values[np.unravel_index(int(np.argmax(np.where(np.isfinite(off), off, np.inf))), off.shape)])
            raise FormatError(
                f"“{name}” is no mask.",
                f"It holds the value {worst:g}; labels are whole numbers (within {_NEAR_WHOLE}).",
                "If it is a probability map, apply a threshold where it was made.",
            )
        result[start : start + _SLAB] = rounded.astype(np.int64)
    return result


def _values(array: NDArray[np.integer[Any]], name: str) -> NDArray[np.integer[Any]]:
    """Return the distinct values, giving up early on what is a picture rather than a mask."""
    found = np.zeros(0, dtype=array.dtype)
    for start in range(0, array.shape[0], _SLAB):
        found = np.union1d(found, np.unique(array[start : start + _SLAB]))
        if found.size > _MOST_VALUES + 1:
            raise _too_many(name, found.size)
    return found


def _numbered(array: NDArray[Any], values: tuple[int, ...]) -> LabelArray:
    if array.dtype == np.uint8 and values == tuple(range(len(values))):
        return array
    if array.dtype == np.uint8:
        table = np.zeros(256, dtype=np.uint8)
        table[list(values)] = np.arange(len(values), dtype=np.uint8)
        return table[array]
    order = np.argsort(np.array(values, dtype=object)).astype(np.uint8)
    ascending = np.array(sorted(values), dtype=array.dtype)
    result = np.empty(array.shape, dtype=np.uint8)
    for start in range(0, array.shape[0], _SLAB):
        result[start : start + _SLAB] = order[np.searchsorted(ascending, array[start : start + _SLAB])]
    return result


def _too_many(name: str, count: int) -> FormatError:
    return FormatError(
        f"“{name}” is no mask.",
        f"It holds {count} different values or more; a mask has at most {_MOST_VALUES} labels.",
        "If this is the CT, open it as the study.",
    )
