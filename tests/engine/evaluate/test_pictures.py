"""The picture shows the slice that is most wrong, the patient's right on the left."""

from __future__ import annotations

import numpy as np

from engine.evaluate.pictures import worst_slice
from engine.geometry.grid import Grid


def test_colours_tell_what_is_wrong_on_the_worst_slice() -> None:
    hu = np.full((3, 20, 40), -1000, np.int16)
    truth, found = np.zeros(hu.shape, bool), np.zeros(hu.shape, bool)
    truth[1, 5:15, 5:15] = True
    found[1, 5:15, 10:20] = True
    truth[2, 0, 0] = True  # a little wrong elsewhere
    grid = Grid((3, 20, 40), (5.0, 2.0, 1.0), (0.0, 0.0, 0.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))
    rgb = worst_slice(hu, grid, found, truth, width=40)
    assert rgb.shape == (40, 40, 3)  # pixels square in millimetres
    missed, both, extra = (rgb[20, x].astype(int) for x in (7, 12, 17))
    assert missed[0] > missed[1] > missed[2]
    assert both[2] > both[1] > both[0]
    assert extra[0] > 1.8 * extra[1]
    assert rgb[20, 30].max() == rgb[20, 30].min()


def test_the_patients_right_is_on_the_left_for_any_order() -> None:
    hu = np.full((1, 10, 20), -1000, np.int16)
    truth = np.zeros(hu.shape, bool)
    truth[0, :, 15:] = True  # high x; the x axis runs to the patient's right
    grid = Grid((1, 10, 20), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)))
    rgb = worst_slice(hu, grid, np.zeros_like(truth), truth, width=20)
    assert rgb[5, 2, 0] > rgb[5, 17, 0]
