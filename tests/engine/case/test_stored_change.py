"""Whatever kind of change was written comes back as that kind; anything else is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.case.delta import Delta, LabelSetChange
from engine.case.distance import Distance
from engine.case.doubt import Interval
from engine.case.labelset import Label, default_labelset
from engine.case.measurement import DistancesChange
from engine.case.stored_change import change_from_bytes
from engine.case.volume import Notice
from engine.core.errors import FormatError
from engine.geometry.box import Box
from tests.support.cases import a_case


def changes() -> list[object]:
    case = a_case()
    before = default_labelset()
    box = Box((1, 2, 3), (4, 8, 9))
    after = np.full(box.shape, 3, np.uint8)
    line = Distance((1.0, 2.0, 3.0), (1.0, 4.0, 3.5), 0)
    return [
        Delta.between(case.labels, box, after, title="Fill", author="you"),
        LabelSetChange(before, before.adding(Label(9, "mine", "Mine", "#ffffff")), "Add label"),
        DistancesChange((), (line,), "Measure"),
    ]


@pytest.mark.parametrize("kind", range(3))
def test_every_kind_comes_back(kind: int) -> None:
    change = changes()[kind]
    back = change_from_bytes(change.to_bytes())  # type: ignore[attr-defined]
    assert type(back) is type(change)
    assert back.to_bytes() == change.to_bytes()  # type: ignore[attr-defined]


def test_what_is_no_change_is_refused() -> None:
    with pytest.raises(FormatError):
        change_from_bytes(b"nothing of the kind")


def test_intervals_come_back_and_those_that_are_none_are_refused() -> None:
    fill = changes()[0]
    assert isinstance(fill, Delta)
    good = Interval("ground_glass", 162, 1.25, 3.5, "From … to ….")
    assert change_from_bytes(replace(fill, intervals=(good,)).to_bytes()).intervals == (good,)  # type: ignore[attr-defined]
    for low, high in ((3.0, 2.0), (-1.0, 2.0), (1.0, float("inf"))):
        with pytest.raises(FormatError):
            change_from_bytes(replace(fill, intervals=(replace(good, low_ml=low, high_ml=high),)).to_bytes())


def test_a_doubt_of_unknown_graveness_is_refused() -> None:
    change = replace(changes()[0], notices=(Notice("coarse", "Slices far apart.", "fatal"),))  # type: ignore[type-var, arg-type]
    with pytest.raises(FormatError):
        change_from_bytes(change.to_bytes())
