"""From stored values to a CT volume: Hounsfield units in int16, and what must be said about them.

Every check of the values is here, once for NIfTI, NRRD and MetaImage.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice, SeriesInfo, Volume
from engine.core.errors import Choice
from engine.core.progress import CancelToken
from engine.core.types import HuArray
from engine.core.words import counted, tenths
from engine.geometry.grid import Grid
from engine.geometry.hu import AIR
from engine.geometry.shear import unshear
from engine.io.images.raw import NO_SPACING, RawImage, sheared_notice, straight_grid
from engine.io.options import ReadOptions, ask
from engine.io.privacy import hashed

NOT_FINITE = "values-not-finite"
CLIPPED = "values-clipped"
PADDING = "padding-clamped"
NOT_HU = "grey-8bit"
SHIFTED = "hu-shifted"
SINGLE_SLICE = "single-slice"
THICK = "coarse"

THICK_MM = 5.0
_NO_AIR = -300  # a chest always holds lung or at least air around it: something below this
_LOWEST_AIR = -1100  # below is padding (−2000, −3024), which a CT without its offset can have too
_EIGHT_BIT = 255
_SLAB = 8


@dataclass(frozen=True)
class _Values:
    hu: HuArray
    low: float
    high: float
    air: bool
    whole_numbers: bool
    not_finite: int
    clipped: int


def to_volume(raw: RawImage, path: Path, options: ReadOptions, *, cancel: CancelToken | None = None) -> Volume:
    """Return the CT volume of an image.

    NaN and ±Inf become −1024, values below −1024 too; what does not fit int16 is clipped and counted.

    Args:
        raw: As read from the file.
        path: The file, for messages. Nothing of its name enters the volume.
        options: The user's answers.
        cancel: Looked at once per slab.

    Raises:
        ChoiceNeeded: the values look like CT stored without its offset.
        GeometryError: the geometry cannot be used.
        Cancelled: `cancel` was set.
    """
    grid, notices = straight_grid(raw, path.name)
    values = _to_int16(raw, cancel)
    hu, more, has_hu = _as_hu(values, raw, path, options, cancel)
    notices = (*raw.notices, *notices, *_of_values(values), *more)
    if grid is None:
        hu, grid = unshear(hu, raw.steps_lps, raw.origin_lps, cancel=cancel)
        notices = (*notices, sheared_notice(raw))
    notices = (*notices, *_of_grid(grid))
    hu.flags.writeable = False
    info = SeriesInfo(
        name=_neutral_name(grid),
        kind=raw.kind,
        slices=grid.shape_zyx[0],
        uid_hash=hashed(_fingerprint(hu, grid)),
    )
    return Volume(hu, grid, info, notices, has_hu=has_hu, orientation_known=raw.orientation_known)


def _to_int16(raw: RawImage, cancel: CancelToken | None) -> _Values:
    """Round to whole HU, counting what is lost; an int16 array without scaling is kept as it is."""
    plain = raw.array.dtype == np.int16 and not raw.scaled
    hu: HuArray = raw.array if plain else np.empty(raw.array.shape, dtype=np.int16)
    low, high, air, whole, not_finite, clipped = math.inf, -math.inf, False, True, 0, 0
    for start in range(0, hu.shape[0], _SLAB):
        if cancel is not None:
            cancel.check()
        part = slice(start, start + _SLAB)
        if plain:
            values: NDArray[Any] = raw.array[part]
        else:
            with np.errstate(over="ignore", invalid="ignore"):  # what is no number is counted below
                values = raw.array[part].astype(np.float64)
                if raw.scaled:
                    values = values * raw.slope + raw.intercept
            lost = ~np.isfinite(values)
            if lost.any():
                not_finite += int(lost.sum())
                values[lost] = AIR
            rounded = np.rint(values)
            whole = whole and bool((np.abs(values - rounded) < 1e-4).all())
            clipped += int((rounded > 32767).sum())
            hu[part] = np.clip(rounded, -32768, 32767).astype(np.int16)
        low, high = min(low, float(values.min())), max(high, float(values.max()))
        air = air or bool(((values >= _LOWEST_AIR) & (values < _NO_AIR)).any())
    return _Values(hu, low, high, air, whole, not_finite, clipped)


def _as_hu(
    values: _Values, raw: RawImage, path: Path, options: ReadOptions, cancel: CancelToken | None
) -> tuple[HuArray, tuple[Notice, ...], bool]:
    """Return HU, what to say, and whether they are HU at all (`docs/manual/20-formats.md`)."""
    hu, low, high = values.hu, values.low, values.high
    if values.air:
        return _without_padding(hu, low, cancel), (), True
    if low >= _NO_AIR and high <= _EIGHT_BIT:
        text = (
            f"The values run from {low:.4g} to {high:.4g}: these are grey levels or labels, no Hounsfield units. "
            "They can be looked at; no network is run on them."
        )
        return _stretched(raw, values), (Notice(NOT_HU, text),), False
    if options.rescale is None:
        raise ask(
            f"“{path.name}” may be stored without its offset of 1024.",
            f"Its values run from {low:.4g} to {high:.4g}; a chest has lung and air, below {_NO_AIR} HU.",
            "rescale",
            Choice("minus-1024", "Take 1024 off every value (CT stored from 0 to 4095)"),
            Choice("as-is", "The values are Hounsfield units already"),
        )
    if options.rescale == "as-is":
        return _without_padding(hu, low, cancel), (), True
    shifted = np.clip(hu.astype(np.int32) + AIR, AIR, 32767).astype(np.int16)
    return shifted, (Notice(SHIFTED, "1024 was taken off every value, as you chose.", "info"),), True


def _without_padding(hu: HuArray, low: float, cancel: CancelToken | None) -> HuArray:
    if low >= AIR:
        return hu
    for start in range(0, hu.shape[0], _SLAB):
        if cancel is not None:
            cancel.check()
        part = hu[start : start + _SLAB]
        np.maximum(part, AIR, out=part)
    return hu


def _stretched(raw: RawImage, values: _Values) -> HuArray:
    """Spread values such as 0.0 … 1.0 over 0 … 255, so that there is something to see."""
    span = values.high - values.low
    if values.whole_numbers or span <= 0 or span > _EIGHT_BIT / 4:
        return values.hu
    shown = np.empty_like(values.hu)
    for start in range(0, shown.shape[0], _SLAB):
        floats = raw.array[start : start + _SLAB].astype(np.float64) * raw.slope + raw.intercept
        floats = np.nan_to_num(floats, nan=values.low, posinf=values.high, neginf=values.low)
        spread = (np.clip(floats, values.low, values.high) - values.low) * (_EIGHT_BIT / span)
        shown[start : start + _SLAB] = np.rint(spread).astype(np.int16)
    return shown


def _of_values(values: _Values) -> tuple[Notice, ...]:
    found: list[Notice] = []
    if values.air and values.low < AIR:
        found.append(Notice(PADDING, "Values outside the field of view were set to −1024 HU.", "info"))
    if values.not_finite:
        text = f"{counted(values.not_finite, 'voxel')} held no number (NaN or infinite) and became −1024 HU."
        found.append(Notice(NOT_FINITE, text))
    if values.clipped:
        found.append(Notice(CLIPPED, f"{counted(values.clipped, 'voxel')} above 32 767 became 32 767."))
    return tuple(found)


def _of_grid(grid: Grid) -> tuple[Notice, ...]:
    if min(grid.shape_zyx) == 1:
        return (
            Notice(SINGLE_SLICE, "This is a single image: it can be looked at, but there is no volume to measure."),
        )
    widest = max(grid.spacing_zyx_mm)
    if widest > THICK_MM:
        text = f"The slices are {widest:.1f} mm apart (more than {THICK_MM:.0f} mm): volumes are rough."
        return (Notice(THICK, text),)
    return ()


def _neutral_name(grid: Grid) -> str:
    axis = int(np.argmax(grid.spacing_zyx_mm))
    return f"CT {grid.shape_zyx[axis]} slices {tenths(grid.spacing_zyx_mm[axis])} mm"


def _fingerprint(hu: HuArray, grid: Grid) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(hu).data):08x} {grid}"


def spacing_notice(name: str) -> Notice:
    """Return what to say where a file tells no distances."""
    return Notice(
        NO_SPACING, f"“{name}” tells no voxel spacing; 1 mm was assumed. Millilitres and millimetres mean nothing here."
    )
