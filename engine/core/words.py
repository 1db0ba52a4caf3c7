"""Numbers in a sentence: of things, and of millimetres."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def counted(number: int, thing: str, things: str = "") -> str:
    """Return ``"1 case"``, ``"2 cases"``, ``"12,000 voxels"``.

    Args:
        number: How many.
        thing: One of them.
        things: Several of them; `thing` with an s if empty.
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def tenths(value: float) -> str:
    """Return a size with one decimal, halves upwards as a person rounds: 1.25 is ``"1.3"``.

    Python's own formatting takes a half to the even digit, and a distance measured between slices may lie a
    billionth beside its half: one study would call itself 1.2 mm here and 1.3 mm there.

    Args:
        value: Millimetres, of which what lies behind the sixth decimal is noise.
    """
    return str(Decimal(repr(round(value, 6))).quantize(Decimal("0.1"), ROUND_HALF_UP))
