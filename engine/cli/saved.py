"""The saved case that a word of the command line means."""

from __future__ import annotations

from pathlib import Path

from engine.case.recovery import Recoverable
from engine.case.shelf import Kept, kept
from engine.core.errors import InputError
from engine.core.paths import state_dir

LIST = "`groundglass cases` lists the saved cases."


def cases_folder() -> Path:
    """Return where the window keeps its cases."""
    return state_dir() / "cases"


def find_case(wanted: str) -> Recoverable:
    """Return the saved case that a name, the name of its folder, or a path means.

    Raises:
        InputError: there is none, or several.
    """
    path = Path(wanted)
    place = path.parent if path.name == "journal" else path
    if place.is_dir():
        found = Recoverable.at(place)
        if found is None:
            raise InputError(f"“{place.name}” holds no saved case.", "There is no readable journal in it.", LIST)
        return found
    return find_kept(wanted).case


def find_kept(wanted: str) -> Kept:
    """Return the one kept case with a name or a folder's name.

    Raises:
        InputError: there is none, or several.
    """
    known = kept(cases_folder())
    matching = [one for one in known if wanted in (one.case.name, one.case.place.name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise InputError(
            f"{len(matching)} saved cases are called “{wanted}”.",
            "Their folders are " + ", ".join(f"“{one.case.place.name}”" for one in matching) + ".",
            "Give the folder's name instead.",
        )
    names = ", ".join(f"“{one.case.name}”" for one in known[:9]) or "none"
    raise InputError(f"There is no saved case “{wanted}”.", f"Saved cases: {names}.", LIST)
