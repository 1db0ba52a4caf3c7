"""Grey windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.geometry.hu import AIR, LUNG, PRESETS, Window, automatic_window


@given(level=st.floats(-2000, 3000), width=st.floats(1, 5000))
def test_the_table_is_the_ramp_for_every_value(level, width):
    window = Window(level, width)
    hu = np.arange(-32768, 32768, 97).astype(np.int16)
    grey = window.table()[hu.view(np.uint16)].astype(float)
    truth = np.clip((hu.astype(float) - (level - width / 2)) / width * 255, 0, 255)
    assert np.abs(grey - truth).max() <= 0.51
    assert (grey[hu <= window.low] == 0).all()
    assert (grey[hu >= window.high] == 255).all()


def test_a_window_of_no_width_is_a_step():
    table = Window(0, 0).table()
    assert table[np.array([-1, 1], np.int16).view(np.uint16)].tolist() == [0, 255]


def test_the_presets_are_those_of_the_keys():
    assert [(w.level, w.width) for w in PRESETS] == [(-600, 1200), (50, 350), (400, 1800), (-650, 700)]
    assert PRESETS[0] is LUNG
    assert all(w.name for w in PRESETS)


def test_the_automatic_window_leaves_padding_out():
    rng = np.random.default_rng(0)
    hu = rng.normal(-100, 50, (20, 60, 60)).astype(np.int16)
    hu[:, :30] = AIR
    window = automatic_window(hu)
    assert window.low == pytest.approx(-100 - 2.05 * 50, abs=8)
    assert window.high == pytest.approx(-100 + 2.58 * 50, abs=12)
    assert automatic_window(np.full((3, 4, 5), AIR, np.int16)) == LUNG
    assert automatic_window(np.full((3, 4, 5), 7, np.int16)).width == 10
