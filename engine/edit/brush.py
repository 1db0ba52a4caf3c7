"""A stroke of brush or eraser: built capsule by capsule while the mouse moves, one Delta at the end."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from engine.case.delta import YOU, Delta
from engine.case.labelmap import LabelMap
from engine.core.types import FloatZyx, HuArray, LabelArray
from engine.edit.allowed import Allowed
from engine.edit.capsule import capsule_box, capsule_mask
from engine.geometry.box import Box


@dataclass(frozen=True)
class Nib:
    """Form and size of the brush.

    Args:
        radius_mm: Radius in the patient, the same in every direction.
        across: For a disc the array axis it stands across: it is exactly one slice thick. None for a ball.
    """

    radius_mm: float
    across: int | None = None


class Stroke:
    """What one press, drag and release would change. The label map is not touched.

    Give the mouse's places to `to`; draw `values` in `box`; take `delta` at the end. Only the new piece is
    computed per move. Places outside the volume are allowed.

    Args:
        labels: The label map as it is.
        hu: HU on the same grid.
        nib: Form and size.
        label_id: What is painted; 0 erases.
        allowed: What may be overwritten.
    """

    def __init__(self, labels: LabelMap, hu: HuArray, nib: Nib, label_id: int, allowed: Allowed) -> None:
        self.nib = nib
        self.label_id = label_id
        self.allowed = allowed
        self._labels = labels
        self._hu = hu
        self._points: list[FloatZyx] = []
        self._begin()

    def _begin(self) -> None:
        self._writes = self._labels.writes
        self._box: Box | None = None
        # Address space only: the system hands out memory for the parts that are touched.
        self._scratch: LabelArray = np.empty(self._labels.grid.shape_zyx, dtype=np.uint8)

    @property
    def box(self) -> Box | None:
        """What the stroke has reached so far, or None."""
        return self._box

    @property
    def values(self) -> LabelArray:
        """uint8 ids of `box`'s shape as they would become. Valid until the next `to`."""
        return self._scratch[(self._box or Box((0, 0, 0), (0, 0, 0))).slices]

    def to(self, index_zyx: FloatZyx) -> Box | None:
        """Draw on to a place in continuous index; returns the box that changed, or None outside the volume."""
        at = self._snapped(index_zyx)
        last = self._points[-1] if self._points else at
        self._points.append(at)
        if self.nib.across is not None and last[self.nib.across] != at[self.nib.across]:
            last = at  # the pane was scrolled under the mouse: a disc has no body between slices
        return self._draw(last, at)

    def delta(self, *, title: str, author: str = YOU) -> Delta | None:
        """Return the change, or None if no voxel would change."""
        if self._labels.writes != self._writes:
            # Somebody else's result came in under the stroke: draw it again on what is there now.
            points, self._points = self._points, []
            self._begin()
            for point in points:
                self.to(point)
        if self._box is None:
            return None
        return Delta.between(self._labels, self._box, self.values, title=title, author=author)

    def _snapped(self, index_zyx: FloatZyx) -> FloatZyx:
        z, y, x = (float(floor(v + 0.5)) if axis == self.nib.across else float(v) for axis, v in enumerate(index_zyx))
        return (z, y, x)

    def _draw(self, start: FloatZyx, end: FloatZyx) -> Box | None:
        grid = self._labels.grid
        spacing = grid.spacing_zyx_mm
        radius = self.nib.radius_mm
        box = capsule_box(start, end, radius, spacing, across=self.nib.across).clipped(grid.shape_zyx)
        if box.empty:
            return None
        self._reach(box)
        mask = capsule_mask(box, start, end, radius, spacing)
        mask &= self.allowed.mask(self._labels.data[box.slices], self._hu[box.slices], self.label_id)
        part = self._scratch[box.slices]
        # part = where(mask, label, part), eight times as fast as an assignment through the mask.
        turn = part ^ np.uint8(self.label_id)
        turn *= mask.view(np.uint8)
        part ^= turn
        return box

    def _reach(self, box: Box) -> None:
        """Let the stroke's box grow to hold `box`: copy the labels of the voxels that are new in it."""
        old = self._box
        new = box if old is None else old.union(box)
        if new == old:
            return
        data = self._labels.data
        for part in [new] if old is None else new.without(old):
            self._scratch[part.slices] = data[part.slices]
        self._box = new
