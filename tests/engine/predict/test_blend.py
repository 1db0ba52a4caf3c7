"""Blending: an identity comes back, the sum is that of a slow loop, what no window saw is background."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.predict.blend import Blender, importance
from engine.predict.predictor import Run, cut
from engine.predict.tiles import plan
from engine.prep.normalise import Intensity


class Same:
    """An engine that returns its input."""

    text = "identity"

    def infer(self, window: np.ndarray, cancel: object = None) -> np.ndarray:
        return window[0]


sizes = st.tuples(st.integers(1, 30), st.integers(1, 26), st.integers(1, 22))


@given(shape=sizes, overlap=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75]))
def test_an_identity_network_returns_the_volume(shape: tuple[int, int, int], overlap: float) -> None:
    hu = np.random.default_rng(1).integers(-1000, 1000, shape).astype(np.int16)
    run = Run(Same(), Intensity(), 1, plan(shape, (8, 10, 6), overlap))
    out = np.full(shape, np.nan, np.float32)
    at = 0
    for start, values in run.slabs(hu):
        assert start == at
        out[start : start + values.shape[1]] = values[0]
        at = start + values.shape[1]
    assert at == shape[0]
    assert np.abs(out - Intensity().apply(hu)).max() <= 1e-6


def test_the_blend_is_that_of_a_slow_loop() -> None:
    rng = np.random.default_rng(2)
    layout = plan((13, 11, 9), (6, 5, 4), 0.5)
    weights = importance((6, 5, 4))
    total, weight = np.zeros((2, 13, 11, 9)), np.zeros((13, 11, 9))
    blender = Blender(2, layout.padded, layout.tile, -9.0)
    parts = []
    for _, boxes, until in layout.layers():
        for box in boxes:
            values = rng.normal(size=(2, *box.shape)).astype(np.float32)
            blender.add(box.start_zyx, values)
            total[(slice(None), *box.slices)] += values * weights.astype(np.float64)
            weight[box.slices] += weights
        parts.append(blender.release(until)[1])
    assert np.abs(np.concatenate(parts, axis=1) - total / weight).max() < 1e-5


def test_the_weight_is_a_gaussian_with_a_floor() -> None:
    w = importance((32, 64, 48))
    z, y, x = (np.abs(np.arange(n) - (n - 1) / 2) / (n / 8) for n in w.shape)
    gauss = np.exp(-0.5 * (z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2))
    floored = gauss < 1e-3
    assert w[floored] == pytest.approx(1e-3, rel=1e-6)  # the floor counts from the curve itself, as in MONAI
    assert w[~floored] == pytest.approx(gauss[~floored], rel=1e-5)
    assert (w == w[::-1, ::-1, ::-1]).all()


def test_what_no_window_saw_is_background() -> None:
    hu = np.zeros((8, 8, 12), np.int16)
    run = Run(Same(), Intensity(), 1, plan(hu.shape, (8, 8, 4), 0.0), wanted=lambda box: box.start_zyx[2] != 4)
    ((_, values),) = run.slabs(hu)
    assert (values[0, :, :, 4:8] == -12).all()
    assert values[0, :, :, :4] == pytest.approx(0.5)
    assert (run.windows, run.skipped) == (2, 1)


def test_beyond_the_volume_the_last_voxels_repeat() -> None:
    from engine.geometry.box import Box

    hu = np.arange(6, dtype=np.int16).reshape(1, 2, 3)
    assert (cut(hu, Box((0, 0, 0), (2, 2, 4))) == [[[0, 1, 2, 2], [3, 4, 5, 5]]] * 2).all()
