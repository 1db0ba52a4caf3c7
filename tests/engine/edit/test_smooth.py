"""Smoothing a border."""

from __future__ import annotations

import numpy as np

from engine.edit.allowed import Allowed
from engine.edit.smooth import smooth
from engine.geometry.grid import Grid
from tests.support.cases import a_case

GRID = Grid((16, 40, 44), (2.0, 0.8, 1.0))


def a_ragged_ball(seed=0) -> np.ndarray:
    z, y, x = np.meshgrid(*[np.arange(n) - n // 2 for n in GRID.shape_zyx], indexing="ij")
    radius = np.sqrt((z * 2.0) ** 2 + (y * 0.8) ** 2 + x**2)
    noise = np.random.default_rng(seed).normal(0, 1.5, GRID.shape_zyx)
    data = (radius + noise < 10).astype(np.uint8) * 3
    data[:, 28, :] = np.where(data[:, 28, :] == 3, 3, 1)
    return data


def border(data) -> int:
    inside = data == 3
    return sum(int((np.diff(inside, axis=a)).sum()) for a in range(3))


def test_the_border_gets_shorter_and_the_volume_stays():
    case = a_case(GRID, labels=a_ragged_ball())
    before, volume = border(case.labels.data), case.labels.ml(3)
    locked = case.labels.data == 1
    case.history.apply(smooth(case.labels, case.volume.hu, 3, 1.5, Allowed(locked=frozenset({1}))))
    assert border(case.labels.data) < 0.75 * before
    assert abs(case.labels.ml(3) / volume - 1) < 0.15  # single voxels outside the ball are gone
    assert ((case.labels.data == 1) == locked).all()
    case.history.undo()
    assert (case.labels.data == a_ragged_ball()).all()


def test_the_width_is_the_same_in_every_direction_of_the_patient():
    """A half space stays where it is; a thin plate goes, whichever way it stands."""
    for axis in range(3):
        data = np.zeros(GRID.shape_zyx, np.uint8)
        np.moveaxis(data, axis, 0)[5] = 3
        case = a_case(GRID, labels=data)
        case.history.apply(smooth(case.labels, case.volume.hu, 3, 3.0, Allowed()))
        assert not case.labels.data.any()
        data = np.zeros(GRID.shape_zyx, np.uint8)
        np.moveaxis(data, axis, 0)[:7] = 3
        case = a_case(GRID, labels=data)
        assert smooth(case.labels, case.volume.hu, 3, 3.0, Allowed()) is None


def test_a_label_without_voxels_stays_empty():
    case = a_case(GRID)
    assert smooth(case.labels, case.volume.hu, 3, 1.0, Allowed()) is None
