"""One slab counted, against a loop over its voxels."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.figures import roles_of
from engine.case.labelset import default_labelset
from engine.case.slab_counts import HU_BIN_WIDTH, SlabShape, count_slab

ROLES = roles_of(default_labelset())


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_a_slab_agrees_with_a_loop(slope):
    rng = np.random.default_rng(0)
    slab = rng.integers(0, 6, (9, 14)).astype(np.uint8)
    hu = rng.integers(-1024, 2000, slab.shape).astype(np.int16)
    shape = SlabShape(9, 14, (4, 5), slope, 0.0)
    counts = count_slab(slab, hu, ROLES, shape, 10.0)
    for label in range(1, 6):
        assert counts.voxels[label] == (slab == label).sum()
        real = hu[(slab == label) & (hu > -1024)]
        assert counts.hu_voxels[label] == real.size
        assert counts.hu_sum[label] == real.astype(int).sum()
    cells = {}
    for row, column in np.ndindex(slab.shape):
        if slab[row, column] in (3, 4, 5):
            key = (int(slab[row, column]), row // 4 * 3 + column // 5, round(10 + slope * row, 6))
            cells[key] = cells.get(key, 0) + 1
    found = {}
    for label, cell, height, count in zip(counts.label, counts.cell, counts.height, counts.count, strict=True):
        key = (int(label), int(cell), round(float(height), 6))
        found[key] = found.get(key, 0) + int(count)
    assert found == cells
    assert counts.right_cells.sum() == (slab == 1).sum()
    involved = hu[((slab == 3) | (slab == 4)) & (hu > -1024)]
    bins = np.minimum((involved.astype(int) + 1024) // HU_BIN_WIDTH, counts.involved_hu.size - 1)
    np.testing.assert_array_equal(counts.involved_hu, np.bincount(bins, minlength=counts.involved_hu.size))


def test_the_signature_changes_when_a_lesion_moves_and_not_when_lung_does():
    shape = SlabShape(6, 6, (1, 1), 0.0, 0.0)
    slab = np.zeros((6, 6), np.uint8)
    slab[2, 2], slab[4, 4] = 3, 1
    before = count_slab(slab, None, ROLES, shape, 0.0).signature
    slab[4, 4] = 0
    assert count_slab(slab, None, ROLES, shape, 0.0).signature == before
    slab[2, 2], slab[2, 3] = 0, 3
    assert count_slab(slab, None, ROLES, shape, 0.0).signature != before
