"""What is handed over carries nothing by itself."""

from __future__ import annotations

import numpy as np

from engine.case.labelset import default_labelset
from engine.geometry.grid import Grid
from engine.io.export.handover import Handover


def test_only_what_was_given_is_in_it() -> None:
    grid = Grid((2, 3, 4), (1.0, 2.0, 3.0))
    what = Handover("CT", np.zeros((2, 3, 4), np.uint8), grid, default_labelset())
    assert (what.authors, what.warnings, what.version) == ((), (), "")
