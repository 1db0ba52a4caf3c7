"""Progress, cancelling, and the time that is left."""

from __future__ import annotations

import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken, NoProgress, TimeLeft


def test_work_stops_at_its_next_look():
    token = CancelToken()
    token.check()
    assert not token.cancelled
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.check()


def test_the_pace_is_that_after_the_first_slow_unit():
    left = TimeLeft(started=0.0)
    assert left.seconds(0, 10, now=3.0) is None
    assert left.seconds(1, 10, now=30.0) == pytest.approx(270)  # all there is to go by
    assert left.seconds(2, 10, now=31.0) == pytest.approx(8)
    assert left.seconds(6, 10, now=35.0) == pytest.approx(4)
    assert left.seconds(10, 10, now=39.0) == 0
    assert left.seconds(11, 10, now=40.0) == 0


def test_the_clock_is_the_machines_own():
    left = TimeLeft()
    assert left.seconds(1, 2) >= 0


def test_telling_nobody_is_fine():
    assert NoProgress().update(1, 2, "x") is None
