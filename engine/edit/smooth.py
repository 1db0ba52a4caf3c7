"""Take the steps and spikes out of a label."""

from __future__ import annotations

import numpy as np

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.types import HuArray
from engine.edit.allowed import Allowed
from engine.edit.kernels import blurred
from engine.edit.region import label_box

_REACH_SIGMAS = 3.0


def smooth(
    labels: LabelMap, hu: HuArray, label_id: int, sigma_mm: float, allowed: Allowed, *, author: str = YOU
) -> Delta | None:
    """Return the change that smooths a label's border, or None if it is smooth already.

    The label is blurred by a Gaussian of the same width in every direction of the patient and cut at one
    half. What it loses becomes background; what it gains must be allowed.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        label_id: The label.
        sigma_mm: Width of the Gaussian.
        allowed: What may be overwritten.
        author: ``"you"`` or a model id.

    Cost: 10 ms for a lesion of 100 ml.
    """
    found = label_box(labels, label_id)
    if found is None:
        return None
    spacing = labels.grid.spacing_zyx_mm
    z, y, x = (int(np.ceil(_REACH_SIGMAS * sigma_mm / s)) + 1 for s in spacing)
    box = found.padded((z, y, x)).clipped(labels.grid.shape_zyx)
    part = labels.data[box.slices]
    inside = part == label_id
    sz, sy, sx = (sigma_mm / s for s in spacing)
    soft = blurred(inside, (sz, sy, sx), reach=_REACH_SIGMAS)
    after = part.copy()
    after[inside & (soft < 0.5)] = 0
    after[~inside & (soft > 0.5) & allowed.mask(part, hu[box.slices], label_id)] = label_id
    return Delta.between(labels, box, after, title=f"Smooth by {sigma_mm:g} mm", author=author)
