"""Thick slabs against slow loops."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import PLANES, Plane, Slab, SlabMode
from app.views.frame import PlaneFrame
from app.views.slab import slab_image, slab_range
from engine.geometry.grid import Grid

GRID = Grid((9, 21, 26), (2.5, 0.8, 0.7), direction=((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))
HU = np.random.default_rng(3).integers(-1024, 3000, GRID.shape_zyx).astype(np.int16)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("mode", ["mip", "mean", "minip"])
def test_a_slab_shows_the_extreme_or_mean_of_its_slices_in_every_plane(plane: Plane, mode: SlabMode) -> None:
    frame = PlaneFrame(GRID, plane)
    index = frame.count // 2
    picture = slab_image(HU, frame, index, Slab(mode, 7.5))
    half = {"axial": 1, "coronal": 4, "sagittal": 5}[plane]
    stack = [frame.slice_of(HU, k).astype(float) for k in range(index - half, index + half + 1)]
    expected = {"mip": np.max, "minip": np.min, "mean": np.mean}[mode](stack, axis=0)
    np.testing.assert_array_equal(picture, np.rint(expected).astype(np.int16))


def test_no_slab_is_the_stored_slice() -> None:
    frame = PlaneFrame(GRID, "sagittal")
    np.testing.assert_array_equal(slab_image(HU, frame, 3, Slab()), frame.slice_of(HU, 3))


def test_a_slab_is_cut_at_the_ends_and_never_thinner_than_a_slice() -> None:
    frame = PlaneFrame(GRID, "axial")
    assert slab_range(frame, 0, 12.5) == range(3)
    assert slab_range(frame, 8, 12.5) == range(6, 9)
    assert slab_range(frame, 4, 1.0) == range(4, 5)


def test_the_mean_of_many_bright_slices_does_not_overflow() -> None:
    grid = Grid((101, 4, 5), (0.5, 1.0, 1.0))
    bright = np.full(grid.shape_zyx, 32767, dtype=np.int16)
    assert slab_image(bright, PlaneFrame(grid, "axial"), 50, Slab("mean", 50.0)).max() == 32767
