"""`groundglass cases`: the cases that are kept on this disk, and how one is let go."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.parser import verb_parser
from engine.core.errors import InputError, ResourceError
from engine.core.words import counted

if TYPE_CHECKING:
    from engine.case.shelf import Kept


def main(arguments: Sequence[str]) -> int:
    """List the kept cases, newest first, or remove some; 0 also when there are none, as that is an answer.

    Args:
        arguments: The words after ``groundglass cases``.
    """
    parser = verb_parser(
        "cases",
        "List the cases that were worked on in the window and are kept here, the one changed last first.",
        ("groundglass cases", "groundglass cases --remove 'CT 64 slices 5.0 mm'"),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    parser.add_argument(
        "--remove", nargs="+", default=[], metavar="CASE", help="delete these, by name or by the name of the folder"
    )
    parser.add_argument("--not-exported", action="store_true", help="with --remove: also what was never exported")
    options = parser.parse_args(list(arguments))

    from engine.case.shelf import kept
    from engine.cli.saved import cases_folder, find_kept

    if options.remove:
        wanted = [find_kept(word) for word in options.remove]
        for one in wanted:
            _check(one, not_exported=options.not_exported)
        return _remove(wanted, as_json=options.json)
    found = kept(cases_folder())
    if options.json:
        told = {"folder": str(cases_folder()), "bytes": sum(k.nbytes for k in found), "cases": _rows(found)}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    elif found:
        _print(found)
    else:
        print("No case is kept here.", file=sys.stderr)
    return 0


def _check(one: Kept, *, not_exported: bool) -> None:
    name = one.case.name
    if one.state == "open":
        raise InputError(f"“{name}” is open in a window.", "Nothing was removed.", "Close it there first.")
    if not one.exported and not not_exported:
        raise InputError(
            f"“{name}” was not exported since its last change.",
            f"Nothing was removed: {counted(one.case.steps, 'step')} of work would be gone.",
            f"Export it (`groundglass export {one.case.place.name} -o OUT`), or add --not-exported.",
        )


def _remove(wanted: Sequence[Kept], *, as_json: bool) -> int:
    from engine.case.shelf import remove

    for one in wanted:
        if not remove(one):
            folder = one.case.place
            raise ResourceError(
                f"“{one.case.name}” could not be removed.",
                f"A window opened it just now, or its folder may not be changed ({folder}).",
                "Close it there, or ask for access.",
            )
        if not as_json:
            print(one.case.place)
    if as_json:
        print(json.dumps({"removed": [str(one.case.place) for one in wanted]}, ensure_ascii=False))
    return 0


def _print(found: Sequence[Kept]) -> None:
    rows = [("name", "state", "exported", "steps", "changed", "MiB", "folder")]
    for one in found:
        case = one.case
        changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(case.changed_at))
        size = f"{one.nbytes / (1 << 20):.1f}"
        steps, said = str(case.steps), "yes" if one.exported else "no"
        rows.append((case.name, one.state, said, steps, changed, size, Path(case.place).name))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rows(found: Sequence[Kept]) -> list[dict[str, Any]]:
    return [
        {
            "name": one.case.name,
            "folder": str(one.case.place),
            "state": one.state,
            "exported": one.exported,
            "steps": one.case.steps,
            "changed": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(one.case.changed_at)),
            "bytes": one.nbytes,
            "damaged": one.case.damaged,
        }
        for one in found
    ]
