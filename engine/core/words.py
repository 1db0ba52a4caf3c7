"""Numbers of things in a sentence."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """Return ``"1 case"``, ``"2 cases"``, ``"12,000 voxels"``.

    Args:
        number: How many.
        thing: One of them.
        things: Several of them; `thing` with an s if empty.
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
