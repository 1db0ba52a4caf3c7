"""`groundglass reproduce TABLE`: a table of one of the papers, trained again and set beside what was printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.parser import verb_parser
from engine.core.errors import Cancelled, InputError

if TYPE_CHECKING:
    from engine.reproduce.division import By
    from engine.reproduce.run import Effort


def main(words: Sequence[str]) -> int:
    """Reproduce a table and return the exit code; the table goes to stdout."""
    parser = verb_parser(
        "reproduce",
        "Train every row of a paper's table on your data, and set the figures beside the paper's.",
        (
            "groundglass reproduce --list",
            "groundglass reproduce agru-2 --data my-cases -o tables/agru-2 --size small",
        ),
    )
    parser.add_argument("table", metavar="TABLE", nargs="?", help="which; --list names them")
    parser.add_argument("--data", metavar="DIR", type=Path, help="folder of cases or pictures, as for `train`")
    parser.add_argument(
        "-o", "--out", metavar="OUT", type=Path, help="folder for runs and table; gone on with if there"
    )
    parser.add_argument(
        "--size",
        choices=("paper", "medium", "small"),
        default="paper",
        help="paper: as published, for a graphics card (default). small: coarser pictures, narrower networks, few "
        "updates, a minute or two a row on a processor; medium: hours a row. All rows alike, and the table says it",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="updates a row, in place of the size's")
    parser.add_argument("--minutes", type=float, metavar="N", help="time a row, in place of updates")
    parser.add_argument("--by", choices=("slice", "patient"), help="only this split (default: both)")
    parser.add_argument("--list", action="store_true", help="name the tables and leave")
    parser.add_argument("--json", action="store_true", help="the figures as JSON on stdout")
    given = parser.parse_args(list(words))
    from engine.reproduce import claims

    if given.list:
        for name in claims.names():
            print(f"{name:<8}{claims.load(name).title}")
        return 0
    if not given.table or given.data is None or given.out is None:
        raise InputError(
            "Table, data or folder is missing.",
            "A table needs its name, --data and -o.",
            "For example: groundglass reproduce ra-1 --data my-cases -o tables/ra-1",
        )
    from engine.reproduce.run import Effort

    effort = Effort(given.steps, given.minutes, given.size)
    return _run(given.table, given.data, given.out, effort, given.by, as_json=given.json)


def _run(name: str, data: Path, out: Path, effort: Effort, by: By | None, *, as_json: bool) -> int:
    from engine.cli.terminal_progress import TerminalProgress
    from engine.core.atomic import write_text
    from engine.io.picture_pairs import holds_pictures
    from engine.reproduce import claims, page, verdict
    from engine.reproduce.run import reproduce, shortened

    table = claims.load(name)
    every: tuple[By, ...] = ("patient",) if holds_pictures(data) else ("slice", "patient")
    chosen = (by,) if by is not None and by in every else every
    print(_warning(shortened(table, effort)), file=sys.stderr)
    try:
        scored = reproduce(table, data, out, effort=effort, splits=chosen, progress=TerminalProgress(name))
    except (KeyboardInterrupt, Cancelled):
        print("Stopped. The same command goes on.", file=sys.stderr)
        return Cancelled.exit_code
    text = verdict.as_markdown(table, scored)
    write_text(out / "table.md", text)
    write_text(out / "table.csv", verdict.as_csv(table, scored))
    write_text(out / "table.html", page.page(table, scored))
    plain = json.dumps(verdict.lines(table, scored), indent=1, ensure_ascii=False)
    write_text(out / "table.json", plain + "\n")
    print(plain if as_json else text)
    return 0


def _warning(short: str) -> str:
    """Return what has to be known before anything is trained."""
    if short:
        return f"{short[0].upper()}{short[1:]}."
    return "Trained as published: days a row without a graphics card. --size small takes minutes, and says so."
