"""When the memory does not hold two studies: the open one may make way, if the person says so."""

from __future__ import annotations

from engine.core.errors import Choice, ChoiceNeeded, GroundglassError, MemoryShortage

CLOSE = "close"


def making_way(error: object, open_case: str) -> ChoiceNeeded | None:
    """Return the question whether the open case may be closed for the new one; None where that would not help.

    Args:
        error: Why the new study was not opened.
        open_case: Name of the open case.
    """
    short = isinstance(error, MemoryShortage) or (isinstance(error, ChoiceNeeded) and error.key == "too_large")
    if not short or not isinstance(error, GroundglassError):
        return None
    return ChoiceNeeded(
        "There is not memory enough for two studies.",
        f"{error.why} “{open_case}” is still open and takes its part.",
        flag="",
        key="making_way",
        choices=(
            Choice(CLOSE, f"Close “{open_case}” (everything in it is saved) and try again"),
            Choice("keep", f"Stay with “{open_case}”"),
        ),
    )
