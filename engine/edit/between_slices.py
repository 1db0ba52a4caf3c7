"""Draw a label on a few slices and let the ones between follow: blended signed distances.

Each contour is moved so that its centre lies on the straight line between the centres of its neighbours;
without that, two contours that do not overlap would have nothing in between.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.errors import InputError
from engine.core.types import FloatArray, HuArray, MaskArray
from engine.edit.allowed import Allowed
from engine.edit.kernels import moved, signed_distance_mm
from engine.edit.region import label_box


def sparsest_axis(labels: LabelMap, label_id: int) -> int | None:
    """Return the array axis along which a label leaves slices out, or None if it leaves none out."""
    box = label_box(labels, label_id)
    if box is None:
        return None
    inside = labels.data[box.slices] == label_id
    drawn = [inside.any(axis=tuple(a for a in range(3) if a != axis)).mean() for axis in range(3)]
    axis = int(np.argmin(drawn))
    return axis if drawn[axis] < 1 else None


def between_slices(
    labels: LabelMap, hu: HuArray, label_id: int, allowed: Allowed, *, axis: int | None = None, author: str = YOU
) -> Delta | None:
    """Return the change that fills the empty slices between drawn ones, or None if no voxel may change.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        label_id: The label; the slices it is drawn on stay as they are.
        allowed: What may be overwritten.
        axis: Array axis across the slices; by default the one along which slices are left out.
        author: ``"you"`` or a model id.

    Raises:
        InputError: no slice is left out between two drawn ones.
    """
    axis = sparsest_axis(labels, label_id) if axis is None else axis
    box = label_box(labels, label_id)
    if box is None or axis is None:
        raise _nothing_between()
    part = np.moveaxis(labels.data[box.slices], axis, 0)
    values = np.moveaxis(hu[box.slices], axis, 0)
    spacing = [s for a, s in enumerate(labels.grid.spacing_zyx_mm) if a != axis]
    drawn = np.flatnonzero((part == label_id).any(axis=(1, 2)))
    pairs = [(int(a), int(b)) for a, b in pairwise(drawn) if b - a > 1]
    if not pairs:
        raise _nothing_between()
    after = part.copy()
    for first, last in pairs:
        a, b = part[first] == label_id, part[last] == label_id
        for k in range(first + 1, last):
            between = _blend(a, b, (k - first) / (last - first), (spacing[0], spacing[1]))
            may = allowed.mask(part[k][None], values[k][None], label_id)[0]
            after[k][between & may] = label_id
    return Delta.between(labels, box, np.moveaxis(after, 0, axis), title="Fill between slices", author=author)


def _blend(a: MaskArray, b: MaskArray, share: float, spacing_mm: tuple[float, float]) -> MaskArray:
    """Return the contour at `share` of the way from `a` to `b`, both 2-D."""
    # Room on all sides: what moves in from beyond the picture must be true distances.
    room = int(np.ceil(np.abs(_centre(a) - _centre(b)).max())) + 1
    a, b = np.pad(a, room), np.pad(b, room)
    centre_a, centre_b = _centre(a), _centre(b)
    centre = centre_a + share * (centre_b - centre_a)
    near = moved(signed_distance_mm(a, spacing_mm), centre - centre_a)
    far = moved(signed_distance_mm(b, spacing_mm), centre - centre_b)
    return ((1 - share) * near + share * far > 0)[room:-room, room:-room]


def _centre(mask: MaskArray) -> FloatArray:
    return np.argwhere(mask).mean(axis=0)


def _nothing_between() -> InputError:
    return InputError(
        "There is nothing to fill in.",
        "No slice is left out between two slices that this label is drawn on.",
        "Draw the label on two slices with some slices between them.",
    )
