"""The crossing to ITK, with grids no two axes of which are alike."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import GeometryError
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from engine.io.sitk_bridge import array_of, grid_of, image_of
from tests.support.grids import oblique_grid, turned


@pytest.mark.parametrize("axes", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_every_voxel_lies_where_itk_says(axes, signs):
    rows = turned((12, -7, 33))[list(axes)] * np.array(signs)[:, None]
    grid = Grid((3, 5, 4), (2.5, 0.7, 1.2), (-10.0, 20.0, 77.0), as_direction(rows))
    array = np.arange(60, dtype=np.int16).reshape(3, 5, 4)
    image = image_of(array, grid)
    assert grid_of(image).matches(grid, 1e-9)
    np.testing.assert_array_equal(array_of(image), array)
    for z, y, x in ((0, 0, 0), (2, 4, 3), (1, 3, 0)):
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((x, y, z)), grid.to_lps((z, y, x)), atol=1e-9)
        assert image.GetPixel(x, y, z) == array[z, y, x]


def test_a_mask_crosses_as_bytes():
    mask = np.zeros((9, 14, 11), bool)
    mask[1, 2, 3] = True
    assert array_of(image_of(mask, oblique_grid())).dtype == np.uint8


def test_a_wrong_shape_and_a_flat_image_are_refused():
    with pytest.raises(GeometryError, match="do not fit"):
        image_of(np.zeros((2, 2, 2)), oblique_grid())
    with pytest.raises(GeometryError, match="2 axes"):
        grid_of(sitk.Image(4, 4, sitk.sitkUInt8))
