"""The slice of a case on which a model is most wrong: what was drawn, what was found, where they differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.types import HuArray, MaskArray
from engine.geometry.grid import Grid
from engine.geometry.hu import LUNG
from engine.geometry.orient import Orientation
from engine.io.export.pictures import nearest

_BOTH = (86, 180, 233)
_MISSED = (230, 159, 0)
_EXTRA = (213, 94, 0)
_SHARE = 0.5
LEGEND = "blue: drawn and found; orange: drawn, not found; red: found, not drawn"


def worst_slice(hu: HuArray, grid: Grid, found: MaskArray, truth: MaskArray, *, width: int = 480) -> NDArray[np.uint8]:
    """Return the axial slice with the most wrong voxels as (h, w, 3) RGB, the patient's right on the left.

    Args:
        hu: (z, y, x) CT.
        grid: Of all three.
        found: (z, y, x) bool.
        truth: (z, y, x) bool.
        width: In pixels; pixels are square in millimetres.
    """
    orientation = Orientation.of(grid)
    ground, seen, drawn = (orientation.apply(a) for a in (hu, found, truth))
    wrong = np.array([np.count_nonzero(a != b) for a, b in zip(seen, drawn, strict=True)])
    z = int(wrong.argmax())
    _, rows, columns = orientation.grid(grid).spacing_zyx_mm
    height = max(1, round(width * ground.shape[1] * rows / (ground.shape[2] * columns)))
    at = np.ix_(nearest(ground.shape[1], height), nearest(ground.shape[2], width))
    table = LUNG.table()
    rgb = np.repeat(table[np.ascontiguousarray(ground[z]).view(np.uint16)][at][..., None], 3, axis=2)
    for mask, colour in (
        (seen[z] & drawn[z], _BOTH),
        (drawn[z] & ~seen[z], _MISSED),
        (seen[z] & ~drawn[z], _EXTRA),
    ):
        place = mask[at]
        rgb[place] = ((1 - _SHARE) * rgb[place] + _SHARE * np.array(colour)).astype(np.uint8)
    return rgb
