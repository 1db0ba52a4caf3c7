"""A case is a volume with labels and a history."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import Interval
from engine.case.journal import Journal
from engine.case.labelset import LabelSet, default_labelset
from engine.case.stored_change import change_from_bytes
from engine.case.volume import Notice
from engine.core.errors import GroundglassError
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case, a_volume, random_labels


def test_a_new_case_has_the_programs_labels_and_an_empty_map():
    case = Case(a_volume())
    assert case.labelset == default_labelset()
    assert not case.labels.data.any()
    assert case.revision == 0
    assert not case.history.can_undo


def test_a_case_can_begin_with_labels():
    labels = random_labels(SMALL.shape_zyx)
    case = Case(a_volume(), LabelSet(), labels)
    assert (case.labels.data == labels).all()
    assert len(case.labelset) == 0


def test_every_change_raises_the_revision_and_is_told_with_its_box():
    case = Case(a_volume())
    told = []
    case.changed.connect(told.append)
    box = Box((1, 2, 3), (2, 4, 6))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="T"))
    case.history.undo()
    case.history.redo()
    assert case.revision == 3
    assert [change.box for change in told] == [box] * 3


def test_a_closed_case_gives_its_memory_back_at_once(tmp_path):
    case = Case(a_volume(), labels=random_labels(SMALL.shape_zyx))
    box = Box((1, 1, 1), (4, 6, 7))
    journal = Journal.open(tmp_path, case)
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 4, np.uint8), title="x"))
    case.history.undo()
    history, gone = case.history, weakref.ref(case)
    journal.close()
    gc.disable()  # it must not take a search for cycles: that comes whenever it comes
    try:
        del case, journal
        assert gone() is None
    finally:
        gc.enable()
    with pytest.raises(GroundglassError, match="nothing to change"):
        history.redo()


def test_what_a_result_has_to_say_is_said_while_it_is_in_force_and_after_the_journal():
    case = a_case()
    coarse = Notice("coarse", "The slices are 8.0 mm apart.")
    again, cut = Notice("coarse", "8 mm."), Notice("lung-cut", "Cut.", "info")
    case.volume = replace(case.volume, notices=(coarse,))
    box = Box((1, 2, 3), (4, 6, 8))
    change = Delta.between(
        case.labels, box, np.full(box.shape, 4, np.uint8), title="S", author="net", notices=(again, cut)
    )
    stored = change_from_bytes(change.to_bytes())
    assert stored == change
    case.history.apply(stored)
    assert case.notices == (coarse, cut)
    case.history.undo()
    assert case.notices == (coarse,)
    case.history.redo()
    assert case.notices == (coarse, cut)


def test_a_result_laid_over_a_case_that_went_on_keeps_what_it_has_to_say():
    case = a_case()
    box, cut = Box((1, 2, 3), (4, 6, 8)), Notice("lung-cut", "Cut.")
    change = Delta.between(case.labels, box, np.full(box.shape, 4, np.uint8), title="S", notices=(cut,))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 2, np.uint8), title="Brush"))
    case.history.apply(change)
    assert case.notices == (cut,)


def test_intervals_are_those_of_the_last_result_in_force():
    case = a_case()
    box = Box((1, 2, 3), (4, 6, 8))
    steps = [(3, (Interval("effusion", 4, 1.0, 2.0),)), (4, ()), (2, (Interval("effusion", 5, 0.0, 9.0),))]
    assert case.intervals == ()
    for label, intervals in steps:
        after = np.full(box.shape, label, np.uint8)
        case.history.apply(Delta.between(case.labels, box, after, title="S", intervals=intervals))
    assert case.intervals == steps[2][1]
    case.history.undo()
    assert case.intervals == steps[0][1]
    case.history.goto(0)
    assert case.intervals == ()
    # A result laid over a case that went on keeps them.
    late = Delta.between(case.labels, box, np.full(box.shape, 5, np.uint8), title="S", intervals=steps[0][1])
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 1, np.uint8), title="Brush"))
    case.history.apply(late)
    assert case.intervals == steps[0][1]
