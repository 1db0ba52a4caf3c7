"""Distances: millimetres of the patient, kept in the journal, undone and redone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.distance import Distance
from engine.case.journal import Journal, Limits, recover
from engine.case.measurement import DistancesChange
from engine.case.stored_change import change_from_bytes
from engine.core.errors import FormatError
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case
from tests.support.grids import oblique_grid

ONE = Distance((4.0, 2.5, 3.0), (4.0, 10.0, 9.25), 0)
TWO = Distance((1.0, 7.0, 3.0), (8.5, 7.0, 9.0), 1)


def added(case, distance: Distance) -> None:
    case.history.apply(DistancesChange(case.distances, (*case.distances, distance), "Ruler"))


def test_a_length_is_that_in_the_patient() -> None:
    grid = oblique_grid()
    truth = np.linalg.norm(grid.to_lps(ONE.end_zyx) - grid.to_lps(ONE.start_zyx))
    assert ONE.mm(grid) == pytest.approx(truth)
    assert ONE.mm(SMALL) == pytest.approx(np.hypot(7.5 * 0.8, 6.25 * 1.1))
    assert (ONE.slice_index, TWO.slice_index) == (4, 7)


def test_a_change_travels_and_comes_back() -> None:
    change = DistancesChange((ONE,), (ONE, TWO), "Ruler: 9.3 mm", at=12.5)
    assert change_from_bytes(change.to_bytes()) == change


@pytest.mark.parametrize("values", [[], [1] * 6, [1] * 6 + [5], ["x"] * 7, [float("nan")] * 6 + [0], None])
def test_what_is_no_distance_is_refused(values) -> None:
    with pytest.raises(FormatError):
        Distance.from_list(values)


def test_the_same_again_is_no_step() -> None:
    case = a_case()
    added(case, ONE)
    case.history.apply(DistancesChange((), (ONE,), "Ruler"))
    assert len(case.history.steps) == 1


def test_a_change_made_before_another_came_in_undoes_to_what_was(tmp_path: Path) -> None:
    case = a_case()
    late = DistancesChange((), (TWO,), "Ruler")
    added(case, ONE)
    case.history.apply(late)
    case.history.undo()
    assert case.distances == (ONE,)


@pytest.mark.parametrize("anchor_steps", [1, 2, 50])
@pytest.mark.parametrize("undone", [0, 1, 2])
def test_the_journal_brings_them_back_with_their_undo(tmp_path: Path, anchor_steps: int, undone: int) -> None:
    case = a_case()
    journal = Journal.open(tmp_path, case, limits=Limits(anchor_steps=anchor_steps))
    added(case, ONE)
    box = Box((1, 2, 3), (4, 9, 12))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="Brush"))
    added(case, TWO)
    for _ in range(undone):
        case.history.undo()
    journal.flush()
    seen = case.distances
    journal.close()
    (found,) = Journal.saved(tmp_path)
    again = recover(found, a_case().volume)
    assert again.distances == seen
    while again.history.can_redo:
        again.history.redo()
    assert again.distances == (ONE, TWO)
    while again.history.can_undo:
        again.history.undo()
    assert again.distances == ()
    assert not again.labels.counts[1:].any()
