"""Everything in a range."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.labelset import Label, default_labelset
from engine.edit.allowed import Allowed, HuRange
from engine.edit.threshold import threshold, usual_range
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case, random_labels


@pytest.mark.parametrize("box", [None, Box((2, 3, 4), (9, 99, 20)), Box((50, 0, 0), (60, 9, 9))])
def test_allowed_voxels_in_the_range_change(box):
    case = a_case(labels=random_labels(SMALL.shape_zyx, high=4))
    before = case.labels.data.copy()
    allowed = Allowed(locked=frozenset({2}), over=frozenset({1, 2}), hu=HuRange(-850, -750))
    change = threshold(case.labels, case.volume.hu, 3, allowed, box=box, title="Threshold", author="me")
    expected = before.copy()
    part = np.zeros(before.shape, bool)
    part[(box or Box.whole(before.shape)).slices] = True
    hu = case.volume.hu
    expected[part & (before == 1) & (hu >= -850) & (hu <= -750)] = 3
    case.history.apply(change)
    assert (case.labels.data == expected).all()
    assert (change is None) == (box is not None and box.start_zyx[0] == 50)


def test_our_labels_have_usual_ranges_that_meet_and_do_not_overlap():
    ranges = [usual_range(label) for label in default_labelset()]
    assert all(ranges)
    assert usual_range(default_labelset().by_key("ground_glass")) == HuRange(-750, -300)
    assert usual_range(default_labelset().by_key("consolidation")).low == -300
    assert usual_range(Label(9, "own", "Own", "#123456")) is None
