"""How far each voxel of a mask is from what lies outside of it, in mm."""

from __future__ import annotations

import numpy as np

from engine.core.types import FloatZyx, MaskArray
from engine.synth.space import Real


def distance_mm(mask: MaskArray, spacing_zyx_mm: FloatZyx) -> Real:
    """Return the distance of each voxel's centre to that of the nearest voxel outside of the mask; 0 outside.

    Beyond the edge of the array nothing is known, so the edge is no border. A mask that fills the array has no
    distance: it is infinite.

    Args:
        mask: (z, y, x).
        spacing_zyx_mm: Its spacing.
    """
    if mask.all():
        return np.full(mask.shape, np.inf, np.float32)
    try:
        import edt
    except ImportError:  # on a machine lent for a training there may be scipy and little else; five times slower
        from scipy.ndimage import distance_transform_edt

        return np.asarray(distance_transform_edt(mask, sampling=spacing_zyx_mm), np.float32)
    return np.asarray(edt.edt(mask, anisotropy=spacing_zyx_mm, black_border=False, parallel=1), np.float32)
