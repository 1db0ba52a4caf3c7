"""What the 3-D pane is fed with."""

from __future__ import annotations

import numpy as np
import pytest

from app.views.shells import sampled_volume, sampling, shells
from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid

GRID = Grid((20, 30, 40), (1.5, 0.9, 0.8), (5.0, 6.0, 7.0))


def a_ball() -> np.ndarray:
    z, y, x = np.meshgrid(*(np.arange(n) for n in GRID.shape_zyx), indexing="ij")
    inner = GRID.to_lps(np.stack([z, y, x], -1)) - np.array(GRID.centre_lps)
    return (np.linalg.norm(inner, axis=-1) < 10).astype(np.uint8) * 4


def test_normals_point_away_from_the_middle_of_a_ball() -> None:
    shell = shells(a_ball(), GRID, every=1, glass=frozenset(), cancel=CancelToken())[4]
    outward = shell.mesh.points_lps - np.array(GRID.centre_lps)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert (np.einsum("ij,ij->i", outward, shell.normals) > 0.8).mean() > 0.98
    np.testing.assert_allclose(np.linalg.norm(shell.normals, axis=1), 1, atol=1e-3)


def test_a_cancelled_job_stops() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        shells(a_ball(), GRID, every=1, glass=frozenset(), cancel=token)


def test_large_maps_are_sampled_more_for_the_processor_than_for_a_card() -> None:
    large = (300, 512, 512)
    assert sampling(large, fine=False, software=True) == 3
    assert sampling(large, fine=False, software=False) == 2
    assert sampling(large, fine=True, software=True) == 2
    assert sampling(large, fine=True, software=False) == 1
    assert sampling((60, 200, 200), fine=False, software=True) == 1


def test_a_sampled_volume_keeps_its_place_and_leaves_the_source_alone() -> None:
    big = Grid((100, 400, 420), (1.0, 0.7, 0.8), (5.0, 6.0, 7.0))
    hu = np.arange(100 * 400 * 420, dtype=np.int32).astype(np.int16).reshape(big.shape_zyx)
    before = hu.copy()
    labels = np.zeros(big.shape_zyx, np.uint8)
    labels[20:40, 100:200, 100:200] = 1
    sampled, grid = sampled_volume(hu, big, software=True, inside=labels)
    step = round(grid.spacing_zyx_mm[0] / big.spacing_zyx_mm[0])
    assert step == 2
    np.testing.assert_allclose(grid.to_lps((3, 4, 5)), big.to_lps((6, 8, 10)))
    assert sampled[12, 60, 60] == hu[24, 120, 120]
    assert sampled[0, 0, 0] == -1024
    assert (sampled != -1024).sum() <= 10 * 50 * 50
    np.testing.assert_array_equal(hu, before)
    whole, _ = sampled_volume(hu, big, software=True, inside=np.zeros_like(labels))
    assert whole[0, 0, 1] == hu[0, 0, 2]
