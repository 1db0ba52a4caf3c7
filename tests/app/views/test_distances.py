"""Measured distances on screen: in their slice, with their length, nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.model.session import Session
from app.views.slice_view import SliceView
from engine.case.distance import Distance
from engine.case.measurement import DistancesChange
from tests.support.panes import SHAPE, a_case, painted

MakePane = Callable[..., SliceView]
ENDS = {"axial": ((2.0, 4.0, 5.0), (2.0, 14.0, 20.0), 0), "coronal": ((2.0, 9.0, 5.0), (8.0, 9.0, 20.0), 1)}


@pytest.mark.parametrize("plane", ["axial", "coronal"])
def test_a_distance_is_drawn_in_its_slice_until_it_is_taken_back(session: Session, pane: MakePane, plane: str) -> None:
    view = pane(plane)
    case = a_case(labels=np.zeros(SHAPE, np.uint8))
    session.set_case(case)
    distance = Distance(*ENDS[plane])
    session.set_cursor((2, 9, 12))
    before = painted(view)
    case.history.apply(DistancesChange((), (distance,), "Ruler"))
    with_line = painted(view)
    changed = (before != with_line).reshape(*before.shape[:2], -1).any(-1)
    assert changed.any()
    middle = view.pixel_of(tuple((a + b) / 2 for a, b in zip(*ENDS[plane][:2], strict=True)))
    near = changed[int(middle.y()) - 3 : int(middle.y()) + 4, int(middle.x()) - 3 : int(middle.x()) + 4]
    assert near.any()
    session.set_cursor((3, 10, 12))
    elsewhere = painted(view)
    session.case.history.undo()
    np.testing.assert_array_equal(painted(view), elsewhere)
    session.set_cursor((2, 9, 12))
    np.testing.assert_array_equal(painted(view), before)
