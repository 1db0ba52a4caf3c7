"""The label map of a slice with the preview laid over it."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import PLANES, Overlay, Plane, Preview
from app.views.blend import PROPOSED, TAKEN_AWAY, build_palette
from app.views.frame import Patch, PlaneFrame
from app.views.overlay import LabelLayer
from engine.case.labelset import default_labelset
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from tests.support.panes import a_case

GRID = Grid((6, 9, 11), (2.5, 0.8, 0.7), direction=((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)))
PALETTE = build_palette(default_labelset(), Overlay())


def some_labels(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 6, GRID.shape_zyx).astype(np.uint8)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("box", [Box((1, 2, 3), (4, 6, 9)), Box((-2, -1, 5), (3, 4, 14)), Box((0, 0, 0), (6, 9, 11))])
def test_a_stroke_in_the_air_is_drawn_as_it_will_be(plane: Plane, box: Box) -> None:
    labels, frame = some_labels(), PlaneFrame(GRID, plane)
    values = np.random.default_rng(1).integers(0, 6, box.shape).astype(np.uint8)
    inside = box.clipped(GRID.shape_zyx)
    after = labels.copy()
    cut = tuple(slice(a - b, c - b) for a, b, c in zip(inside.start_zyx, box.start_zyx, inside.stop_zyx, strict=True))
    after[inside.slices] = values[cut]
    layer = LabelLayer(frame)
    for index in range(frame.count):
        layer.rebuild(a_case(grid=GRID, labels=labels), Preview(box, values), index, PALETTE)
        np.testing.assert_array_equal(layer.codes, PALETTE.codes[frame.slice_of(after, index)])
        assert layer.marks is None


@pytest.mark.parametrize("plane", PLANES)
def test_a_part_read_again_equals_the_whole_read_again(plane: Plane) -> None:
    frame = PlaneFrame(GRID, plane)
    case = a_case(grid=GRID, labels=some_labels())
    first, whole = LabelLayer(frame), LabelLayer(frame)
    index = frame.count // 2
    first.rebuild(case, None, index, PALETTE)
    box = Box((1, 2, 3), (5, 7, 8))
    preview = Preview(box, np.full(box.shape, 3, np.uint8))
    _, patch = frame.patch_of(box)
    first.update(case, preview, index, PALETTE, patch)
    whole.rebuild(case, preview, index, PALETTE)
    np.testing.assert_array_equal(first.codes, whole.codes)
    first.update(case, None, index, PALETTE, patch)
    whole.rebuild(case, None, index, PALETTE)
    np.testing.assert_array_equal(first.codes, whole.codes)


def test_a_preview_that_waits_is_marked_where_it_adds_and_where_it_clears() -> None:
    labels = np.zeros(GRID.shape_zyx, np.uint8)
    labels[3, 4, 2:6] = 4
    box = Box((3, 4, 0), (4, 5, 11))
    values = np.zeros(box.shape, np.uint8)
    values[0, 0, 4:8] = 4
    frame = PlaneFrame(GRID, "axial")
    index, row, _ = (int(v) for v in frame.from_case((3, 4, 0)))
    layer = LabelLayer(frame)
    layer.rebuild(a_case(grid=GRID, labels=labels), Preview(box, values, "Enter keeps, Esc drops"), index, PALETTE)
    assert layer.marks is not None
    at = {x: int(layer.marks[row, int(frame.from_case((3, 4, x))[2])]) for x in range(11)}
    assert at == {0: 0, 1: 0, 2: TAKEN_AWAY, 3: TAKEN_AWAY, 4: 0, 5: 0, 6: PROPOSED, 7: PROPOSED, 8: 0, 9: 0, 10: 0}
    # What would be cleared is still shown in its own colour.
    assert layer.codes[row, int(frame.from_case((3, 4, 2))[2])] == PALETTE.codes[4]


def test_the_extent_holds_every_label_and_little_else() -> None:
    labels = np.zeros(GRID.shape_zyx, np.uint8)
    labels[2, 3:5, 4:9] = 1
    frame = PlaneFrame(GRID, "sagittal")
    layer = LabelLayer(frame)
    index, _, _ = frame.from_case((2, 3, 5))
    layer.rebuild(a_case(grid=GRID, labels=labels), None, int(index), PALETTE)
    shown = np.argwhere(layer.codes)
    assert (layer.extent.top, layer.extent.bottom) == (shown[:, 0].min(), shown[:, 0].max() + 1)
    assert (layer.extent.left, layer.extent.right) == (shown[:, 1].min(), shown[:, 1].max() + 1)


@pytest.mark.parametrize("width", [16, 19])
def test_the_extent_is_tight_whatever_the_width(width: int) -> None:
    grid = Grid((3, 12, width), (2.5, 0.8, 0.7))
    layer = LabelLayer(PlaneFrame(grid, "axial"))
    for top, left in ((0, 0), (4, 7), (11, width - 1), (5, 8)):
        labels = np.zeros(grid.shape_zyx, np.uint8)
        labels[1, top, left] = 200
        layer.rebuild(a_case(grid=grid, labels=labels), None, 1, PALETTE)
        assert layer.extent == Patch(top, top + 1, left, left + 1)
        assert np.argwhere(layer.codes).tolist() == [[top, left]], "nothing is left of the slice before"
    layer.rebuild(a_case(grid=grid), None, 1, PALETTE)
    assert layer.extent.empty
    assert not layer.codes.any()
