"""The foot of the window: what is read out of a voxel."""

from __future__ import annotations

import numpy as np

from app.model.session import Session
from app.shell.statusline import read_out
from engine.case.document import Case
from engine.case.volume import SeriesInfo, Volume
from engine.geometry.grid import Grid


def test_a_place_that_rounds_to_zero_has_no_sign() -> None:
    grid = Grid((2, 3, 4), (2.5, 0.5, 0.25), (-0.26, -1.02, -12.34))
    hu = np.full(grid.shape_zyx, -850, np.int16)
    session = Session()
    session.set_case(Case(Volume(hu, grid, SeriesInfo("CT 2 slices", "synthetic"))))
    label, value, place, voxel = read_out(session, (0, 2, 1))
    assert (label, value, voxel) == ("", "−850\u2009HU", "[0 2 1]")
    assert place == "0.0  0.0  −12.3\u2009mm"


def test_a_place_that_is_not_known_is_not_told() -> None:
    grid = Grid((2, 3, 4), (2.5, 0.5, 0.25))
    hu = np.full(grid.shape_zyx, -850, np.int16)
    session = Session()
    info = SeriesInfo("CT 2 slices", "dicom")
    session.set_case(Case(Volume(hu, grid, info, orientation_known=False)))
    assert read_out(session, (0, 2, 1)) == ("", "−850\u2009HU", "", "[0 2 1]")


def test_outside_nothing_is_read_out() -> None:
    assert read_out(Session(), (0, 0, 0)) == ("", "", "", "")
