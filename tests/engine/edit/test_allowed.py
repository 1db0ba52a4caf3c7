"""Locks, chosen labels and HU ranges."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.labelset import default_labelset
from engine.edit.allowed import Allowed, HuRange

LABELS = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
HU = np.array([-1024, -750, -300, 0, 300, 3071], np.int16).reshape(1, 2, 3)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Allowed(), [0, 1, 2, 3, 4, 5]),
        (Allowed(locked=frozenset({1, 5})), [0, 2, 3, 4]),
        (Allowed(over=frozenset({0, 1, 5}), locked=frozenset({5})), [0, 1]),
        (Allowed(over=frozenset()), []),
        (Allowed(hu=HuRange(-750, 0)), [1, 2, 3]),
        (Allowed(hu=HuRange(-749.9, -0.1)), [2]),
        (Allowed(hu=HuRange(-1e9, 1e9)), [0, 1, 2, 3, 4, 5]),
        (Allowed(hu=HuRange(100, -100)), []),
        (Allowed(over=frozenset({2, 3}), hu=HuRange(-750, -200)), [2]),
    ],
)
def test_only_these_voxels_may_change(rule, expected):
    assert np.flatnonzero(rule.mask(LABELS, HU, 4)).tolist() == expected


def test_nothing_becomes_a_locked_label():
    assert not Allowed(locked=frozenset({4})).mask(LABELS, HU, 4).any()


def test_the_locks_come_from_the_labels():
    labelset = default_labelset().changing(1, locked=True).changing(4, locked=True)
    rule = Allowed.of(labelset, over=[1, 3], hu=HuRange(0, 1))
    assert rule == Allowed(frozenset({1, 4}), frozenset({1, 3}), HuRange(0, 1))
    assert Allowed.of(labelset).over is None


def test_a_range_reads_like_a_radiologist_writes_it():
    assert HuRange(-750, -300).text == "−750…−300 HU"


@pytest.mark.parametrize("low", [-32768, -1024.5, 0, 32767])
@pytest.mark.parametrize("high", [-32768, -300.2, 0, 32767, 1e9])
def test_the_whole_range_of_values_is_told_apart(low, high):
    hu = np.arange(-32768, 32768).astype(np.int16).reshape(16, 64, 64)[:, ::-1]
    assert (HuRange(low, high).mask(hu) == ((hu >= low) & (hu <= high))).all()


def test_many_locks_are_kept_as_few_are():
    labels = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    hu = np.zeros(labels.shape, np.int16)
    locked = frozenset(range(10, 40))
    assert (Allowed(locked).mask(labels, hu, 3) == ~np.isin(labels, list(locked))).all()
