"""Numbers written the same everywhere, in the person's own locale."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale

from app.look import figures


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 ml"), (9.94, "9.9 ml"), (9.96, "10 ml"), (1234.6, "1235 ml"), (None, "–")]
)
def test_millilitres(value: float | None, text: str) -> None:
    QLocale.setDefault(QLocale("en_GB"))
    assert figures.ml(value).replace(figures.THIN, " ") == text


@pytest.mark.parametrize("size", [1.25, 1.2499999999, 1.2500000001])
def test_the_noise_of_a_measured_distance_changes_no_digit(size: float) -> None:
    QLocale.setDefault(QLocale("en_GB"))
    assert figures.mm(size).replace(figures.THIN, " ") == "1.3 mm"


@pytest.mark.parametrize(("value", "digits", "text"), [
    (-0.04, 1, "0.0"), (0.04, 1, "0.0"), (-0.4, 0, "0"), (-0.06, 1, "−0.1"), (-12.34, 1, "−12.3"), (-10, 0, "−10"),
    (12.0, 0, "12"),
])  # fmt: skip
def test_minus_is_a_true_one_and_what_rounds_to_zero_has_none(value: float, digits: int, text: str) -> None:
    assert figures.number(value, digits) == text


def test_the_locale_writes_its_own_decimal_sign() -> None:
    QLocale.setDefault(QLocale("de_DE"))
    try:
        assert figures.percent(12.34).replace(figures.THIN, " ") == "12,3 %"
        assert figures.mm(-0.5).replace(figures.THIN, " ") == "−0,5 mm"
    finally:
        QLocale.setDefault(QLocale("en_GB"))


def test_a_range_has_the_decimals_of_its_ends() -> None:
    assert figures.ml_range(0.34, 6.7) == "0.3–6.7"
    assert figures.ml_range(8.26, 55.2) == "8.3–55"
    assert figures.ml_range(12.2, 12.4) == "12"
