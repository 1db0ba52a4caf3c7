"""A case is a volume with labels and a history."""

from __future__ import annotations

import numpy as np

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.labelset import LabelSet, default_labelset
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
