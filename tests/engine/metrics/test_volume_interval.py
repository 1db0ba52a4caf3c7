"""Volumes between what a network is sure of and what it holds for possible: against one voxel after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import Cancelled
from engine.metrics.volume_interval import NEAR_MM, Evidence, bounds, packed

RIVALS = {1: (2,), 2: (1,), 3: (4,), 4: (3,)}
COVERS = {1: (3, 4), 2: (3, 4), 3: (), 4: ()}


def slowly(labels, sure, possible, spacing):
    """Count voxel by voxel, as it is said in words."""
    reach = [max(1, round(NEAR_MM / mm)) for mm in spacing]
    labelled = np.argwhere(labels > 0)
    out = {}
    for label, rivals in RIVALS.items():
        voxels = low = high = 0
        for at in np.ndindex(labels.shape):
            mine = labels[at] == label
            voxels += mine
            low += mine and sure[label][at] and not any(possible[k][at] for k in COVERS[label])
            near = bool((np.abs(labelled - at) <= reach).all(axis=1).any())
            excluded = any(sure[k][at] for k in (*rivals, *COVERS[label]))
            high += mine or (possible[label][at] and near and not excluded)
        out[label] = (voxels, low, high)
    return out


@settings(max_examples=15, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 19)),
    spacing=st.tuples(*[st.sampled_from((0.7, 2.0, 4.9, 11.0))] * 3),
    seed=st.integers(0, 999),
)
def test_counts_are_those_of_one_voxel_after_the_other(shape, spacing, seed: int) -> None:
    chance = np.random.default_rng(seed)
    labels = np.where(chance.random(shape) < 0.05, chance.integers(1, 5, shape), 0).astype(np.uint8)
    p = {label: chance.random(shape) for label in RIVALS}
    sure, possible = ({k: v >= limit for k, v in p.items()} for limit in (0.9, 0.6))
    told = {k: Evidence(packed(sure[k]), packed(possible[k]), RIVALS[k], COVERS[k]) for k in RIVALS}
    got = {k: (b.voxels, b.low, b.high) for k, b in bounds(labels, told, spacing).items()}
    assert got == slowly(labels, sure, possible, spacing)
    assert all(low <= voxels <= high for voxels, low, high in got.values())


def test_what_was_dropped_far_from_all_labels_is_no_volume() -> None:
    labels = np.zeros((9, 20, 30), np.uint8)
    labels[4, 10, 5:9] = 3
    said = labels == 3
    said[4, 10, 25] = True  # a speck that was dropped
    only = {3: Evidence(packed(said), packed(said))}
    line = bounds(labels, only, (2.0, 1.0, 1.0))[3]
    assert (line.voxels, line.low, line.high) == (4, 4, 4)


def test_one_can_stop_between_slices() -> None:
    def look() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        bounds(np.zeros((3, 4, 5), np.uint8), {}, (1.0, 1.0, 1.0), look)
