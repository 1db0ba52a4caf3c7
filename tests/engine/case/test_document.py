"""A case is a volume with labels and a history."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.journal import Journal
from engine.case.labelset import LabelSet, default_labelset
from engine.core.errors import GroundglassError
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_volume, random_labels


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
