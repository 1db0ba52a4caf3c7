"""What went wrong during the set-up, why, and what to do: the same three sentences as in the program itself."""

from __future__ import annotations


class Problem(Exception):
    """A set-up that cannot go on.

    Args:
        what: One sentence: what happened.
        why: One sentence: what was found and what was expected.
        fix: One sentence: an act.
    """

    exit_code = 3

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        super().__init__(" ".join(part for part in (what, why, fix) if part))
        self.lines = tuple(part for part in (what, why, fix) if part)
