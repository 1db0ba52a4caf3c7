"""Everything in a range of HU becomes a label: whole volume or a box, inside chosen labels."""

from __future__ import annotations

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.case.labelset import Label
from engine.core.types import HuArray
from engine.edit.allowed import Allowed, HuRange
from engine.edit.region import Region
from engine.geometry.box import Box

RANGES: dict[str, HuRange] = {
    "lung_right": HuRange(-1024, -500),
    "lung_left": HuRange(-1024, -500),
    "ground_glass": HuRange(-750, -300),
    "consolidation": HuRange(-300, 150),
    "effusion": HuRange(-20, 80),
}
"""Usual ranges by key of the label. Ground-glass and consolidation meet at −300 HU."""


def usual_range(label: Label) -> HuRange | None:
    """Return the range a label usually lies in, or None for labels of one's own."""
    return RANGES.get(label.key)


def threshold(
    labels: LabelMap,
    hu: HuArray,
    label_id: int,
    allowed: Allowed,
    *,
    box: Box | None = None,
    title: str,
    author: str = YOU,
) -> Delta | None:
    """Return the change that gives all allowed voxels in a range to a label, or None if there are none.

    Args:
        labels: The label map.
        hu: HU on the same grid.
        label_id: What they become.
        allowed: Which values, and what may be overwritten, e.g. only voxels of the lungs.
        box: Only here; everywhere by default.
        title: For the history.
        author: ``"you"`` or a model id.

    Cost: about 0.4 s for 512×512×300; 10 ms for a box of 5 million voxels.
    """
    whole = Box.whole(labels.grid.shape_zyx)
    box = whole if box is None else box.intersection(whole)
    if box.empty:
        return None
    part, values = labels.data[box.slices], hu[box.slices]
    mask = allowed.mask(part, values, label_id)
    return Region(box, mask).delta(labels, label_id, title=title, author=author)
