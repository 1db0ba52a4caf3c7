"""Learning rates at the points that matter."""

import pytest

from engine.train.schedule import SCHEDULES, factor


def test_constant_is_constant_and_poly_falls_to_nearly_nothing():
    assert [factor("constant", s) for s in (0.0, 0.5, 1.0)] == [1.0] * 3
    assert factor("poly", 0.0) == 1.0
    assert factor("poly", 0.5) == pytest.approx(0.5**0.9)
    assert factor("poly", 1.0) < 0.01


def test_cosine_goes_from_one_to_its_floor():
    assert factor("cosine", 0.0) == pytest.approx(1.0)
    assert factor("cosine", 0.5, floor=0.0) == pytest.approx(0.5)
    assert factor("cosine", 1.0, floor=0.02) == pytest.approx(0.02)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_warming_up_climbs_to_the_top(kind):
    rates = [factor(kind, s / 100, warmup=0.1) for s in range(11)]
    assert rates == sorted(rates)
    assert 0 < rates[0] < 0.05
    assert rates[-1] == pytest.approx(1.0, abs=0.02)
