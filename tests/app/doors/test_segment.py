"""How a network's result meets a case: locked labels and labels of one's own stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.doors.segment import Outcome, change_of, kept_ids, merged, translated
from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.volume import Notice
from tests.support.panes import SHAPE, a_case

OURS = default_labelset()
COARSE = Notice("coarse", "The slices are 8.0 mm apart.")


def outcome(labels: np.ndarray, model: str, *notices: Notice) -> Outcome:
    return Outcome(labels, 0, None, model, "CPU", 1.0, notices)


def test_locked_and_unknown_labels_are_kept() -> None:
    labels = OURS.changing(2, locked=True).adding(Label(9, "plaque", "Plaque", "#123456"))
    assert kept_ids(labels) == {2, 9}


@pytest.mark.parametrize("locked", [(), (1,), (3, 4)])
def test_result_replaces_only_what_it_may(locked: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    before = rng.integers(0, 7, SHAPE).astype(np.uint8)
    found = rng.integers(0, 6, SHAPE).astype(np.uint8)
    labels = OURS.adding(Label(6, "own", "Own", "#101010"))
    for k in locked:
        labels = labels.changing(k, locked=True)
    case = a_case(labels=before, labelset=labels)
    change = change_of(case, outcome(found, "net-1", COARSE), labels)
    assert change is not None
    assert (change.author, change.notices) == ("net-1", (COARSE,))
    case.history.apply(change)
    expected = np.empty_like(before)
    for index in np.ndindex(SHAPE):  # the rule, voxel by voxel
        old, new = int(before[index]), int(found[index])
        expected[index] = old if old in locked or old == 6 else 0 if new in locked else new
    np.testing.assert_array_equal(case.labels.data, expected)
    np.testing.assert_array_equal(case.labels.counts, np.bincount(expected.reshape(-1), minlength=256))
    case.history.undo()
    np.testing.assert_array_equal(case.labels.data, before)


def test_nothing_found_anew_is_no_step() -> None:
    case = a_case()
    assert change_of(case, outcome(case.labels.data.copy(), "net"), OURS) is None


def test_numbers_are_translated_by_key() -> None:
    other = LabelSet(tuple(replace(x, id=x.id + 10) for x in OURS))
    found = np.array([[[0, 1, 2, 3]]], np.uint8)
    np.testing.assert_array_equal(translated(found, OURS, other), [[[0, 11, 12, 13]]])
    np.testing.assert_array_equal(translated(found, OURS, other.without(12)), [[[0, 11, 0, 13]]])
    assert translated(found, OURS, OURS) is found


def test_merged_is_pure() -> None:
    before, found = np.array([[[1, 2]]], np.uint8), np.array([[[3, 3]]], np.uint8)
    np.testing.assert_array_equal(merged(before, found, frozenset({2})), [[[3, 2]]])
    np.testing.assert_array_equal(before, [[[1, 2]]])
