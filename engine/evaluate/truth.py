"""What a network found and what was drawn, as masks that mean the same.

Networks tell more or less apart than people drew: a lesion of the program lies over its lung, a drawn lung holds
its lesions, and many data sets know "infection" only. So both sides are brought to the keys that were drawn.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.case.labelset import LabelSet
from engine.core.types import FloatZyx, LabelArray, MaskArray

LESIONS = ("ground_glass", "consolidation")
_SIDES = ("lung_right", "lung_left")


def truth_masks(drawn: Mapping[str, MaskArray]) -> dict[str, MaskArray]:
    """Return what was drawn, and what follows from it.

    Both lungs make ``lung``; both kinds of lesion make ``infection``.

    Args:
        drawn: (z, y, x) per key of :data:`engine.io.case_folders.MASK_KEYS`.
    """
    out = dict(drawn)
    for whole, parts in (("lung", _SIDES), ("infection", LESIONS)):
        if whole not in out and all(key in out for key in parts):
            out[whole] = out[parts[0]] | out[parts[1]]
    return out


def found_masks(
    labels: LabelArray, labelset: LabelSet, wanted: tuple[str, ...], spacing_zyx_mm: FloatZyx
) -> dict[str, MaskArray]:
    """Return where the labels `wanted` were found, lungs with their lesions inside.

    Args:
        labels: (z, y, x) ids.
        labelset: What they mean.
        wanted: Keys; what the label map cannot tell is left out.
        spacing_zyx_mm: To find the nearer lung of a lesion.
    """
    one = {label.key: labels == label.id for label in labelset}
    lesion = np.zeros(labels.shape, np.bool_)
    for key in (*LESIONS, "infection"):
        if key in one:
            lesion |= one[key]
    one["infection"] = lesion
    if all(key in one for key in _SIDES):
        one["lung"] = one["lung_right"] | one["lung_left"] | lesion
        if any(key in wanted for key in _SIDES):
            right = _nearer(one["lung_right"], one["lung_left"], spacing_zyx_mm)
            one["lung_right"] = one["lung_right"] | (lesion & right)
            one["lung_left"] = one["lung_left"] | (lesion & ~right)
    elif "lung" in one:
        one["lung"] = one["lung"] | lesion
    return {key: one[key] for key in wanted if key in one}


def _nearer(right: MaskArray, left: MaskArray, spacing_zyx_mm: FloatZyx) -> MaskArray:
    """Return where the right lung is not farther than the left one."""
    import edt

    to_right, to_left = (edt.edt(~mask, anisotropy=spacing_zyx_mm) for mask in (right, left))
    return np.asarray(to_right <= to_left)
