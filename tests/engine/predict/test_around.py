"""What a slab of a segmentation is told of the scan around it."""

from __future__ import annotations

import numpy as np

from engine.geometry.box import Box
from engine.predict.around import Surroundings
from engine.prep.crop import plan_crop
from engine.prep.lungs import find_lungs
from tests.support.models import quick_chest


def test_slabs_are_parts_of_the_whole() -> None:
    hu, grid, truth = quick_chest()
    lungs = find_lungs(hu, grid)
    crop = plan_crop(grid, lungs.box, None, (8, 16, 16))
    there = Surroundings(hu, lungs, crop)
    z, y, x = crop.grid.shape_zyx
    whole, slab = there.on(Box((0, 0, 0), (z, y, x))), there.on(Box((3, 0, 0), (9, y, x)))
    np.testing.assert_array_equal(whole.hu, hu[crop.box.slices])
    assert whole.open_air is not None
    assert slab.open_air is not None
    for one, part in (
        (whole.hu, slab.hu),
        (whole.sides, slab.sides),
        (whole.air_lung, slab.air_lung),
        (whole.open_air, slab.open_air),
    ):
        np.testing.assert_array_equal(part, one[3:9])
    inside = truth[crop.box.slices]
    assert (whole.sides[inside == 1] == 1).all()
    assert not whole.open_air[(inside == 1) | (inside == 2)].any()
    air = there.air_every((2, 3, 4))
    assert air is not None
    np.testing.assert_array_equal(air[inside[::2, ::3, ::4] == 2], True)
