"""Where the edges of a volume cut the lungs, and how much of them lies there.

A windpipe that runs out at the top and a bubble of the bowel at the bottom are no cut lung; most whole chests
have the first. Arrays are canonical and coarse, as :mod:`engine.prep.lungs` makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.types import HuArray, MaskArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACES = (("feet", "head"), ("front", "back"), ("right", "left"))
_TRACE = 0.002
_END_OF_BODY = 0.025
"""Lung in an end slice counts from this share of the body there: windpipes had 0.002 to 0.02 in 12 scans."""
_GAS_HU = -950
"""Median of a piece that is windpipe or bowel; lungs have −930 (low dose) and more."""


def cut_faces(
    lung: MaskArray, body: MaskArray, coarse: HuArray, spacing_zyx_mm: NDArray[np.float64]
) -> dict[str, float]:
    """Return the faces of the volume that lung touches with more than a trace, each with its cm² of lung.

    Args:
        lung: (z, y, x) air of the lungs.
        body: Tissue.
        coarse: HU.
        spacing_zyx_mm: Distance of the voxels.
    """
    faces: dict[str, float] = {}
    for axis, names in enumerate(FACES):
        for end, name in zip((0, -1), names, strict=True):
            touching: MaskArray = np.asarray(lung.take(end, axis=axis))
            if axis == 0:
                touching = _lung_at_end(touching, body[end], coarse[end])
            count = int(touching.sum())
            if count > _TRACE * touching.size and count > 4:
                faces[name] = count * float(np.prod(np.delete(spacing_zyx_mm, axis))) / 100
    return faces


def _lung_at_end(air: MaskArray, body: MaskArray, coarse: HuArray) -> MaskArray:
    """Return which air of an end slice is cut lung: neither windpipe nor gas of the bowel, nor a mere trace."""
    import cc3d

    kept = np.zeros_like(air)
    if not air.any():
        return kept
    pieces = cc3d.connected_components(air, connectivity=8)
    least = _END_OF_BODY * int(body.sum())
    for piece in range(1, int(pieces.max()) + 1):
        there = pieces == piece
        if there.sum() > least and float(np.median(coarse[there])) > _GAS_HU:
            kept |= there
    return kept
