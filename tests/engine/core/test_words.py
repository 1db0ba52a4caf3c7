"""One case is no cases."""

from __future__ import annotations

import pytest

from engine.core.words import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (12_000, "12,000 cases"), (-1, "-1 cases")]
)
def test_the_noun_goes_with_the_number(number: int, text: str) -> None:
    assert counted(number, "case") == text


def test_a_noun_of_its_own_kind_is_given() -> None:
    assert [counted(n, "series", "series") for n in (1, 2)] == ["1 series", "2 series"]
