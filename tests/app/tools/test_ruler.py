"""Measuring."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from tests.support.cases import a_case
from tests.support.grids import oblique_grid


def test_a_distance_is_millimetres_of_the_patient_and_stays_in_its_slice():
    session = Session()
    said = []
    session.message.connect(said.append)
    tool = Toolbox(session).get("ruler")
    a, b = Pointer((4, 2.0, 3.0), 0, "axial"), Pointer((4, 10.0, 9.0), 0, "axial")
    tool.press(a)
    assert said == ["Open a case first."]
    assert tool.length_mm is None
    grid = oblique_grid()
    session.set_case(a_case(grid))
    assert tool.outline(a) is None
    tool.press(a)
    tool.move(Pointer((4, 10.0, 9.0), 1, "coronal"))
    assert tool.length_mm == 0
    tool.move(b)
    assert tool.release(b) is None
    truth = np.linalg.norm(grid.to_lps(b.index_zyx) - grid.to_lps(a.index_zyx))
    assert tool.length_mm == pytest.approx(truth)
    assert truth == pytest.approx(np.hypot(8 * 0.8, 6 * 1.1))
    assert said[-1] == f"{truth:.1f} mm"
    tool.move(a)  # the button is up
    assert tool.outline(a).text == f"{truth:.1f} mm"
    assert tool.outline(a).points_zyx == (a.index_zyx, b.index_zyx)
    assert tool.outline(Pointer((5, 2, 3), 0, "axial")) is None
    assert tool.outline(Pointer((4, 2, 3), 1, "coronal")) is None
    session.set_case(a_case())
    assert tool.length_mm is None
