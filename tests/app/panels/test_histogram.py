"""Curves over HU: each to its own peak, at the middle of its bins, without the wall of the last bin."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.look.tokens import tokens_of
from app.panels.histogram import HistogramPlot
from engine.case.figures import HuHistogram
from tests.support.panes import painted


@pytest.fixture
def plot(qtbot) -> HistogramPlot:
    made = HistogramPlot()
    qtbot.addWidget(made)
    return made


def test_each_curve_reaches_one_at_the_density_most_voxels_have(plot) -> None:
    lung, involved = [0] * 60, [0] * 60
    lung[9], lung[20], lung[59] = 500, 100, 9000
    involved[30] = 7
    plot.show_histogram(HuHistogram(tuple(lung), tuple(involved)))
    x, y = plot.lung
    width = HuHistogram.width_hu
    assert x[np.argmax(y)] == -1024 + (9 + 0.5) * width
    assert y.max() == 1.0
    assert y[20] == pytest.approx(0.2)
    x, y = plot.involved
    assert x[np.argmax(y)] == -1024 + (30 + 0.5) * width
    assert len(y) == 59


def test_nothing_involved_is_a_flat_line(plot) -> None:
    plot.show_histogram(HuHistogram((1, 2, 3, 4), (0, 0, 0, 0)))
    assert not np.any(plot.involved[1])


def test_each_peak_stands_at_its_density_in_its_colour(plot) -> None:
    plot.resize(320, plot.height())
    lung, involved = [0] * 60, [0] * 60
    lung[5], involved[30] = 500, 7
    plot.show_histogram(HuHistogram(tuple(lung), tuple(involved)))
    picture = painted(plot).astype(int)
    tokens = tokens_of(plot.palette())
    top = picture[: picture.shape[0] // 2]
    at = []
    for colour in (tokens.accent, tokens.doubtful):
        away = np.abs(top - QColor(colour).getRgb()[:3]).sum(axis=2)
        assert away.min() < 60
        at.append(int(np.argwhere(away < 60)[:, 1].mean()))
    bin_px = HuHistogram.width_hu * 320 / 1272
    assert at[1] - at[0] == pytest.approx(25 * bin_px, abs=3)
