"""A small picture of a series for the table: the middle slice in the lung window, pixels square."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import GroundglassError
from engine.io.dicom.geometry import along_normal, axes_of
from engine.io.dicom.pixels import PixelReader
from engine.io.dicom.slice import Slice
from engine.io.dicom.values import modality_of
from engine.io.images.thumbnail import LUNG, black, square


def of_slices(slices: Sequence[Slice], size: int) -> NDArray[np.uint8]:
    """Return the picture of a DICOM series, (h, w) uint8, the longer side `size`; black if unreadable."""
    one = _middle(slices)
    is_ct = modality_of(one) == "CT"
    reader = PixelReader(clamp=is_ct)
    try:
        if one.rows * one.columns > 1 << 26:
            return black(size)
        hu = np.empty((one.rows, one.columns), dtype=np.int16)
        reader.read_into(one, hu)
    except GroundglassError:
        return black(size)
    finally:
        reader.close()
    low, high = LUNG if is_ct else (float(hu.min()), float(hu.max()))
    return square(hu, one.pixel_spacing or (1.0, 1.0), size, low, high)


def _middle(slices: Sequence[Slice]) -> Slice:
    whole = [s for s in slices if not s.truncated and s.pixel_offset >= 0] or list(slices)
    placed = [s for s in whole if s.position is not None]
    if len(placed) == len(whole) and whole[0].orientation is not None:
        try:
            at = along_normal(np.array([s.position for s in whole]), axes_of(whole[0].orientation))
        except GroundglassError:
            return whole[len(whole) // 2]
        return whole[int(np.argsort(at)[len(at) // 2])]
    return sorted(whole, key=lambda s: s.instance)[len(whole) // 2]
