"""The kernels against eight corners mixed in a slow loop."""

from __future__ import annotations

import numpy as np
import pytest

from engine.geometry.sampling import index_map, linear_slabs, nearest
from tests.support.grids import oblique_grid, smooth_volume


def eight_corners(values: np.ndarray, at: np.ndarray, fill: float) -> float:
    """Trilinear by hand; the border value holds half a voxel outwards."""
    if (at < -0.5).any() or (at > np.array(values.shape) - 0.5).any():
        return fill
    at = np.clip(at, 0, np.array(values.shape) - 1)
    low = np.minimum(np.floor(at).astype(int), np.maximum(np.array(values.shape) - 2, 0))
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        index = np.minimum(low + corner, np.array(values.shape) - 1)
        weight = np.prod(np.where(np.array(corner) == 1, at - low, 1 - (at - low)))
        total += weight * values[tuple(index)]
    return total


@pytest.mark.parametrize(
    ("shape", "degrees"), [((6, 7, 5), (8, -5, 11)), ((4, 6, 9), (40, 10, -25)), ((1, 6, 9), (8, -5, 11))]
)
def test_linear_is_the_mean_of_eight_corners(shape, degrees):
    source = oblique_grid(shape)
    target = oblique_grid((5, 8, 6), (1.9, 0.9, 1.3), (-29.3, 13.1, 202.2), degrees)
    values = smooth_volume((8, 10, 12))[: shape[0], : shape[1], : shape[2]]
    matrix, offset = index_map(source.steps_lps, np.array(source.origin_lps), target)
    done = np.full(target.shape_zyx, np.nan)
    for part, slab in linear_slabs(values, matrix, offset, target.shape_zyx, -7.0, 2, None):
        done[part] = slab
    inside = 0
    for index in np.ndindex(target.shape_zyx):
        at = source.to_index(target.to_lps(index))
        if np.abs(at + 0.5).min() < 1e-3 or np.abs(at - np.array(shape) + 0.5).min() < 1e-3:
            continue  # on the outer face either answer is right
        inside += not np.isclose(done[index], -7.0)
        assert done[index] == pytest.approx(eight_corners(values, at, -7.0), abs=0.02)
    assert inside > 10


def test_nearest_takes_the_voxel_whose_cell_holds_the_point():
    source, target = oblique_grid((6, 7, 5)), oblique_grid((5, 8, 6), (1.9, 0.9, 1.3), (-29.3, 13.1, 202.2), (1, 2, 3))
    labels = np.arange(6 * 7 * 5, dtype=np.int32).reshape(6, 7, 5) + 1
    matrix, offset = index_map(source.steps_lps, np.array(source.origin_lps), target)
    done = nearest(labels, matrix, offset, target.shape_zyx)
    for index in np.ndindex(target.shape_zyx):
        voxel = source.voxel_at(target.to_lps(index))
        assert done[index] == (0 if voxel is None else labels[voxel])
