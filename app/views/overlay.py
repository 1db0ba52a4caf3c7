"""The labels of one slice as codes for the palette: the label map with the preview laid over it."""

from __future__ import annotations

import numpy as np

from app.model.session import Preview
from app.views.blend import PROPOSED, TAKEN_AWAY, Palette
from app.views.frame import Patch, PlaneFrame
from engine.case.document import Case
from engine.core.types import LabelArray

_NOTHING = Patch(0, 0, 0, 0)


class LabelLayer:
    """Codes and marks of the slice a pane shows, refreshed whole or in a patch.

    A stroke in the air is drawn as it will be; a preview that waits for an answer (it has an
    ``accept_hint``) is marked, so that what is proposed cannot be taken for what is kept.

    Args:
        frame: The plane.
    """

    def __init__(self, frame: PlaneFrame) -> None:
        self._frame = frame
        self.codes: LabelArray = np.zeros((frame.rows, frame.columns), dtype=np.uint8)
        self.marks: LabelArray | None = None
        self.extent = _NOTHING
        """Where codes may be other than 0."""

    def rebuild(self, case: Case, preview: Preview | None, index: int, palette: Palette) -> None:
        """Read the whole slice."""
        self.marks = None
        labels = np.ascontiguousarray(self._frame.slice_of(case.labels.data, index))
        self.codes[self.extent.slices] = 0
        self.extent = _extent(labels)
        if preview is not None:
            slices, covered = self._frame.patch_of(preview.box)
            self.extent = self.extent.union(covered) if index in slices else self.extent
        # Only where there are labels: in most slices half of the rest is spared.
        part = self.extent.slices
        self.codes[part] = self._coded(labels[part], preview, index, palette, self.extent)

    def update(self, case: Case, preview: Preview | None, index: int, palette: Palette, patch: Patch) -> None:
        """Read a part of the slice again."""
        labels = self._frame.slice_of(case.labels.data, index)[patch.slices]
        self.codes[patch.slices] = self._coded(labels, preview, index, palette, patch)
        # Never shrinks here: the next whole slice makes it tight again.
        self.extent = self.extent.union(patch)

    def _coded(
        self, labels: LabelArray, preview: Preview | None, index: int, palette: Palette, patch: Patch
    ) -> LabelArray:
        if self.marks is not None:
            self.marks[patch.slices] = 0
        if preview is None:
            return palette.coded(labels)
        slices, covered = self._frame.patch_of(preview.box)
        common = _common(covered, patch)
        if index not in slices or common.empty:
            return palette.coded(labels)
        values = self._preview_slice(preview, slices, index)
        labels = labels.copy()
        # Rows and columns of the preview that fall in this patch, and where they land in it.
        source = _moved(common, covered)
        target = _moved(common, patch)
        before = labels[target.slices].copy()
        after = values[source.slices]
        labels[target.slices] = after
        if preview.accept_hint:
            self._mark(labels, before, after, target, common)
        return palette.coded(labels)

    def _preview_slice(self, preview: Preview, slices: range, index: int) -> LabelArray:
        box = preview.box.clipped(self._frame.grid.shape_zyx)
        offset = tuple(
            slice(a - b, c - b) for a, b, c in zip(box.start_zyx, preview.box.start_zyx, box.stop_zyx, strict=True)
        )
        # Turning and flipping a part is turning and flipping the whole, cut out at its place.
        return self._frame.slice_of(preview.values[offset], index - slices.start)

    def _mark(self, labels: LabelArray, before: LabelArray, after: LabelArray, target: Patch, common: Patch) -> None:
        if self.marks is None:
            self.marks = np.zeros(self.codes.shape, dtype=np.uint8)
        gone = (after == 0) & (before != 0)
        self.marks[common.slices] = np.where(after != before, PROPOSED, 0)
        self.marks[common.slices][gone] = TAKEN_AWAY
        labels[target.slices] = np.where(gone, before, after)


def _common(a: Patch, b: Patch) -> Patch:
    return Patch(max(a.top, b.top), min(a.bottom, b.bottom), max(a.left, b.left), min(a.right, b.right))


def _moved(patch: Patch, origin: Patch) -> Patch:
    return Patch(patch.top - origin.top, patch.bottom - origin.top, patch.left - origin.left, patch.right - origin.left)


def _extent(labels: LabelArray) -> Patch:
    # Eight voxels at a time where the width allows it: six times as fast.
    wide = labels.view(np.uint64) if labels.shape[1] % 8 == 0 else labels
    rows = np.flatnonzero(wide.any(axis=1))
    if rows.size == 0:
        return _NOTHING
    columns = np.flatnonzero(np.bitwise_or.reduce(wide, axis=0).view(np.uint8))
    return Patch(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
