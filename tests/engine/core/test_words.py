"""One case is no cases, and one distance has one size."""

from __future__ import annotations

import pytest

from engine.core.words import counted, tenths


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (12_000, "12,000 cases"), (-1, "-1 cases")]
)
def test_the_noun_goes_with_the_number(number: int, text: str) -> None:
    assert counted(number, "case") == text


def test_a_noun_of_its_own_kind_is_given() -> None:
    assert [counted(n, "series", "series") for n in (1, 2)] == ["1 series", "2 series"]


@pytest.mark.parametrize(
    ("mm", "text"), [(1.25, "1.3"), (1.2499999999, "1.3"), (4.25, "4.3"), (1.249, "1.2"), (5, "5.0"), (0.625, "0.6")]
)
def test_a_half_of_a_tenth_goes_up_whatever_noise_it_carries(mm: float, text: str) -> None:
    assert tenths(mm) == text
