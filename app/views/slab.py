"""Thick slabs: the brightest, darkest or mean value of several slices. For looking only, never for figures."""

from __future__ import annotations

import numpy as np

from app.model.session import Slab
from app.views.frame import PlaneFrame
from engine.core.types import HuArray


def slab_range(frame: PlaneFrame, index: int, thickness_mm: float) -> range:
    """Return the slices of a slab around `index`: an odd number whose thickness is nearest, cut at the ends."""
    half = max(0, round((thickness_mm / frame.step_mm - 1) / 2))
    return range(max(0, index - half), min(frame.count, index + half + 1))


def slab_image(hu: HuArray, frame: PlaneFrame, index: int, slab: Slab) -> HuArray:
    """Return the picture of one slice or slab, (rows, columns) int16 HU, contiguous.

    Args:
        hu: (z, y, x) of the case.
        frame: The plane.
        index: Slice in the middle.
        slab: Kind and thickness; off gives the stored slice.
    """
    if slab.mode == "off":
        return np.ascontiguousarray(frame.slice_of(hu, index))
    wanted = slab_range(frame, index, slab.thickness_mm)
    block = frame.slab_of(hu, wanted.start, wanted.stop)
    if slab.mode == "mip":
        image = block.max(axis=0)
    elif slab.mode == "minip":
        image = block.min(axis=0)
    else:
        # 50 mm of the thinnest slices stay below 2**31 / 32767.
        image = np.rint(block.sum(axis=0, dtype=np.int32) / len(wanted)).astype(np.int16)
    return np.ascontiguousarray(image)
