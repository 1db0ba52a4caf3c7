"""Curves over HU: each to its own peak, at the middle of its bins, without the wall of the last bin."""

from __future__ import annotations

import numpy as np
import pytest

from app.panels.histogram import HistogramPlot
from engine.case.figures import HuHistogram


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
    x, y = plot._lung.getData()
    width = HuHistogram.width_hu
    assert x[np.argmax(y)] == -1024 + (9 + 0.5) * width
    assert y.max() == 1.0
    assert y[20] == pytest.approx(0.2)
    x, y = plot._involved.getData()
    assert x[np.argmax(y)] == -1024 + (30 + 0.5) * width
    assert len(y) == 59


def test_nothing_involved_is_a_flat_line(plot) -> None:
    plot.show_histogram(HuHistogram((1, 2, 3, 4), (0, 0, 0, 0)))
    assert not np.any(plot._involved.getData()[1])
