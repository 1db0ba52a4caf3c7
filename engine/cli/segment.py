"""`groundglass segment SRC… -o OUT`: the same function as behind the window's button, for one CT or a thousand.

One source: OUT is a file (or a folder, in which NAME.nii.gz is made). Several: OUT is a folder with a mask and a
JSON per case and one CSV; a case that fails is named and the others go on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from engine.cli.batch import CSV_NAME, Item, Row, check_target, expand, write_csv
from engine.cli.parser import verb_parser
from engine.cli.segment_case import Case, Done, Elsewhere, Segmenter, marked
from engine.cli.sources import add_source_options
from engine.cli.terminal_progress import Voices
from engine.core.errors import GroundglassError, InputError
from engine.nets.card import licence_words
from engine.predict.guards import Refused
from engine.spread.where import HERE, place
from engine.spread.work import Outcome, Place, Share

SOME_FAILED = 1
Make = Callable[[Share], Segmenter]


def main(arguments: Sequence[str]) -> int:
    """Segment, and return 0 when every case is done, 1 when some failed.

    Args:
        arguments: The words after ``groundglass segment``.
    """
    chosen = _parser().parse_args(list(arguments))
    where = place(chosen.on, threads=chosen.threads, device=chosen.device)
    out: Path = chosen.out
    to_file = check_target(out)
    if to_file and len(chosen.sources) > 1:
        raise InputError(
            f"{len(chosen.sources)} sources cannot go into one file.",
            f"-o names the file “{out.name}”.",
            "Give a folder to -o.",
        )
    items, skipped = expand(chosen.sources, into_one=to_file)
    for line in skipped:
        _say(line)
    segmenter = Segmenter.open(chosen)
    if forbidden := licence_words(segmenter.model.card):
        _say(forbidden)
    with _made(segmenter, out.parent if to_file else out) as make:
        if to_file or len(items) == 1:
            target = out if to_file else out / f"{items[0].name}.nii.gz"
            return _one(where, make, chosen, items[0], target)
        return _many(where, make, chosen, items)


@contextmanager
def _made(segmenter: Segmenter, folder: Path) -> Generator[Make, None, None]:
    """Yield what makes the work where it runs."""
    if segmenter.chosen.on == HERE:
        yield lambda _: segmenter
        return
    chosen = argparse.Namespace(**vars(segmenter.chosen))
    if chosen.model is not None and Path(chosen.model).exists():
        chosen.model = str(Path(chosen.model).absolute())
    with marked(folder.absolute()) as mark:
        yield Elsewhere(chosen, segmenter.model.card.sha256, mark)


def _case(chosen: argparse.Namespace, item: Item, target: Path, *, skip: bool = False) -> Case:
    if chosen.on == HERE:
        return Case(item.name, item.source, target, skip)
    return Case(item.name, item.source.absolute(), target.absolute(), skip)


def _one(where: Place, make: Make, chosen: argparse.Namespace, item: Item, target: Path) -> int:
    voices = Voices([""])
    try:
        with closing(where.run(make, [_case(chosen, item, target)], voices.of)) as outcomes:
            outcome = next(outcomes)
    finally:
        voices.clear()
    if outcome.error is not None:
        raise outcome.error
    if chosen.json:
        from engine.io.masks.sidecar import sidecar_path

        told = json.loads(sidecar_path(target).read_text(encoding="utf-8"))
        print(json.dumps({"mask": str(target), **told}, ensure_ascii=False, indent=1))
    else:
        print(target)
    return 0


def _many(where: Place, make: Make, chosen: argparse.Namespace, items: list[Item]) -> int:
    out: Path = chosen.out
    if out.exists() and not out.is_dir():
        raise InputError(f"“{out.name}” is a file.", f"{len(items)} cases need a folder.", "Give a folder to -o.")
    targets = [out / f"{item.name}.nii.gz" for item in items]
    cases = [_case(chosen, item, target, skip=True) for item, target in zip(items, targets, strict=True)]
    voices = Voices([f"{n}/{len(items)} {item.name}" for n, item in enumerate(items, start=1)])
    rows: dict[int, Row] = {}
    shown = 0
    try:
        with closing(where.run(make, cases, voices.of)) as outcomes:
            for outcome in outcomes:
                n = outcome.index
                rows[n] = _row(items[n].name, targets[n], outcome, voices)
                # after each case: an hour of work is in the table when the power fails
                write_csv(out / CSV_NAME, [rows[k] for k in sorted(rows)])
                while shown in rows:  # in the order of the cases, whichever ends first
                    if not chosen.json and (mask := rows[shown].mask) is not None:
                        print(mask, flush=True)
                    shown += 1
    finally:
        voices.clear()
    return _end(chosen, [rows[n] for n in sorted(rows)])


def _end(chosen: argparse.Namespace, rows: list[Row]) -> int:
    names = {state: [row.name for row in rows if row.state == state] for state in ("refused", "failed")}
    if chosen.json:
        table = {"csv": str(chosen.out / CSV_NAME), "cases": [_plain(r) for r in rows]}
        print(json.dumps(table, ensure_ascii=False, indent=1))
    done = sum(row.state == "done" for row in rows)
    told = "".join(f", {state}: {', '.join(those)}" for state, those in names.items() if those)
    _say(f"{done} of {len(rows)} cases done{told}.")
    return SOME_FAILED if any(names.values()) else 0


def _row(name: str, target: Path, outcome: Outcome[Done | None], voices: Voices) -> Row:
    voice = voices.of(outcome.index)
    error = outcome.error
    lines: tuple[str, ...] = ()
    if isinstance(error, GroundglassError):
        lines = error.lines
    elif isinstance(error, MemoryError):
        lines = ("The computer ran out of memory.",)
    elif error is not None:
        kind = type(error).__name__
        lines = (f"This is a defect of groundglass: {kind}. Run this case alone with --debug.",)
    for line in lines:
        voice.say(line)
    seconds = voices.end(outcome.index)
    if isinstance(error, Refused):
        return Row(name, "refused", None, seconds, " ".join(lines), error.notices)
    if lines:
        return Row(name, "failed", None, seconds, " ".join(lines))
    if outcome.value is None:
        return Row.there_already(name, target)
    return Row(name, "done", target, seconds, "", outcome.value.notices, outcome.value.figures)


def _plain(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": row.state,
        "mask": str(row.mask) if row.mask else None,
        "seconds": round(row.seconds, 1),
        "codes": list(row.codes),
        "warnings": [notice.text for notice in row.notices],
        "error": row.error or None,
    }


def _parser() -> argparse.ArgumentParser:
    parser = verb_parser(
        "segment",
        "Segment chest CT: lungs, ground-glass, consolidation, effusion, on the grid of the source.",
        (
            "groundglass segment study.zip -o mask.nii.gz",
            "groundglass segment patients/ -o masks/ --model RUN --overlap 0.5",
        ),
    )
    parser.add_argument("sources", nargs="+", type=Path, metavar="SRC", help="DICOM folder, zip, NIfTI, NRRD or MHA")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="mask file, or a folder for many")
    parser.add_argument("--model", metavar="M", help="id, weight file or run folder (`groundglass models` lists ids)")
    parser.add_argument("--network", metavar="ID", help="the best weights of this network")
    parser.add_argument("--overwrite", action="store_true", help="replace results that are there already")
    parser.add_argument("--json", action="store_true", help="tell the result as JSON on stdout")
    parser.add_argument(
        "--on", default=HERE, metavar="PLACE", help="local, ray://HOST:PORT, or ray://local: a Ray cluster"
    )
    how = parser.add_argument_group("how to compute")
    how.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: auto")
    how.add_argument("--threads", type=int, default=0, metavar="N", help="CPU threads; 0 takes all cores")
    how.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="default: auto")
    how.add_argument("--overlap", type=_overlap, default=0.25, metavar="S", help="of windows, 0 to 0.9; default 0.25")
    parser.add_argument("--anyway", action="store_true", help="segment even what looks like no CT or no chest")
    how.add_argument("--whole", action="store_true", help="look everywhere, not only around the lungs")
    add_source_options(parser)
    return parser


def _overlap(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 0.9:
        raise argparse.ArgumentTypeError(f"“{text}” is no overlap; it runs from 0 to 0.9, 0.25 is usual")
    return value


def _say(line: str) -> None:
    print(line, file=sys.stderr)
