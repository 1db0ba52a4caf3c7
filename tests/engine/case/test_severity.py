"""The score of a zone."""

from __future__ import annotations

import pytest

from engine.case.severity import DEFINITION, HIGHEST, SIDES, THIRDS, score, zone


def test_the_definition_says_what_the_score_does():
    assert len(SIDES) * len(THIRDS) * 4 == HIGHEST == 24
    for word in ("Estimated from thirds", "below 5 %", "5 to 25 %", "25 to 50 %", "above 50 %"):
        assert word in DEFINITION


def test_a_zone_without_lung_scores_nothing():
    empty = zone("left", "upper", 0, 0, 0.001)
    assert (empty.percent, empty.score, empty.lung_ml) == (0.0, 0, 0.0)


def test_a_zone_is_in_millilitres():
    found = zone("right", "lower", 4000, 1000, 0.002)
    assert (found.lung_ml, found.involved_ml, found.percent, found.score) == (8.0, 2.0, 25.0, 2)


@pytest.mark.parametrize(
    ("percent", "points"), [(0, 0), (0.01, 1), (4.99, 1), (5, 2), (25, 2), (25.1, 3), (50, 3), (50.1, 4), (100, 4)]
)
def test_the_points_of_a_zone(percent, points):
    assert score(percent) == points
