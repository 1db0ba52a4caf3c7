"""A volume is an array and a grid that fit."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.volume import Notice, SeriesInfo, Volume, joined
from engine.core.errors import GeometryError
from tests.support.cases import SMALL, a_volume


def test_a_volume_knows_its_grid():
    volume = a_volume()
    assert volume.hu.shape == volume.grid.shape_zyx
    assert volume.has_hu
    assert volume.orientation_known
    assert volume.notices == ()


@pytest.mark.parametrize("hu", [np.zeros((3, 4, 5), np.int16), np.zeros(SMALL.shape_zyx, np.float32)])
def test_an_array_that_does_not_fit_is_refused(hu):
    with pytest.raises(GeometryError, match="do not fit"):
        Volume(hu, SMALL, SeriesInfo("x", "nifti"))


def test_what_was_said_once_is_said_again_only_if_it_is_graver() -> None:
    by_header = Notice("not-chest", "By its header this is no CT of the chest.")
    coarse, again = Notice("coarse", "The slices are 8.0 mm apart."), Notice("coarse", "8 mm.")
    graver, detail = Notice("not-chest", "No lungs were found.", "refuse"), Notice("not-chest", "A detail.", "info")
    assert joined((by_header, coarse), (again, graver, detail)) == (by_header, coarse, graver)
    assert joined((), ()) == ()
