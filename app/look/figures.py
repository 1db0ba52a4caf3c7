"""How numbers are written on screen: millilitres, percent, millimetres, with the decimal sign of the locale."""

from __future__ import annotations

from PySide6.QtCore import QLocale

THIN = "\u2009"
NONE = "–"


def number(value: float, decimals: int = 0) -> str:
    """Return a number in the locale's way, without group separators below ten thousand.

    What rounds to zero has no sign.
    """
    locale = QLocale()
    if abs(value) < 10_000:
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    value = round(float(value), 6)  # 1.2499999999 mm between slices is 1.25 mm, and is written as it
    size = locale.toString(abs(value), "f", decimals)
    minus = value < 0 and size != locale.toString(0.0, "f", decimals)
    return f"−{size}" if minus else size


def ml(value: float | None) -> str:
    """Return millilitres: none after the comma from 10 on, one below."""
    return NONE if value is None else f"{number(value, 0 if value >= 9.95 else 1)}{THIN}ml"


def ml_range(low: float, high: float) -> str:
    """Return both ends of a volume without their unit, each with as many decimals as `ml` gives it."""
    ends = [number(v, 0 if v >= 9.95 else 1) for v in (low, high)]
    return "–".join(dict.fromkeys(ends))


def percent(value: float | None) -> str:
    """Return percent with one decimal."""
    return NONE if value is None else f"{number(value, 1)}{THIN}%"


def mm(value: float | None) -> str:
    """Return millimetres with one decimal."""
    return NONE if value is None else f"{number(value, 1)}{THIN}mm"
