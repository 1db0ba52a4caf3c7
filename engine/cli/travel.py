"""`groundglass travel`: a training packed small, run on another machine, and brought home."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cli.parser import verb_parser
from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken

_EXAMPLES = (
    "groundglass travel pack --recipe unet25d --data free --sources downloads -o scratch/pack",
    "groundglass travel train scratch/pack -o runs/far --within 9 --bring scratch/home",
    "groundglass travel train scratch/pack -o runs/far --resume scratch/home --within 9 --bring scratch/home",
    "groundglass travel evaluate scratch/pack -o runs/far",
    "groundglass travel bring runs/far -o scratch/home",
    "groundglass travel unpack scratch/home -o runs/far",
)
_NEEDS = {
    "pack": ("recipe", "data"),
    "train": ("folder",),
    "evaluate": ("folder",),
    "bring": ("folder",),
    "unpack": ("folder",),
}
_TAKES = {
    "pack": {"recipe", "data", "sources", "start", "steps", "minutes", "limit"},
    "train": {"folder", "steps", "minutes", "within", "bring", "resume", "state", "workers", "device"},
    "evaluate": {"folder", "device"},
    "bring": {"folder", "state"},
    "unpack": {"folder"},
}
_SHOWN = {"folder": "FOLDER"}


def main(words: Sequence[str]) -> int:
    """Do one part of the journey and return the exit code; what was written goes to stdout."""
    given = _parser().parse_args(list(words))
    _refuse_what_does_not_fit(given)
    acts = {"pack": _pack, "train": _train, "evaluate": _evaluate, "bring": _bring, "unpack": _unpack}
    told, code = acts[given.act](given)
    if given.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(told["files"]))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = verb_parser(
        "travel",
        "Train on another machine that has Python, torch, numpy and scipy, and no more: pack, train, bring, unpack.",
        _EXAMPLES,
    )
    parser.add_argument("act", choices=tuple(_NEEDS), help="what to do")
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="the pack; of bring the run, of unpack the parts"
    )
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the pack; else the run, or parts")
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    pack = parser.add_argument_group("pack")
    pack.add_argument("--recipe", metavar="NAME|FILE", help="a recipe that ships with the program, or a .toml file")
    pack.add_argument("--data", metavar="MANIFEST", type=Path, help="a manifest, by name or .toml file")
    pack.add_argument("--sources", metavar="DIR", type=Path, help="the folder that the manifest's paths start from")
    pack.add_argument("--start", metavar="MODEL", help="begin with these weights instead of random ones")
    pack.add_argument("--limit", metavar="MB", type=float, help="largest size of the pack (default: 20)")
    train = parser.add_argument_group("train")
    train.add_argument("--steps", type=int, metavar="N", help="updates, in place of the recipe's; also of pack")
    train.add_argument("--minutes", type=float, metavar="N", help="of training in all, however often it goes on")
    train.add_argument("--within", type=float, metavar="MINUTES", help="stop in time, with a checkpoint")
    train.add_argument("--bring", type=Path, metavar="DIR", help="write the run in parts into this folder")
    train.add_argument("--resume", type=Path, metavar="DIR", help="go on from parts that were brought")
    train.add_argument("--state", choices=("full", "half", "none"), help="what is brought to go on from: full")
    train.add_argument("--workers", type=int, metavar="N", help="processes that paint (default: one a processor)")
    train.add_argument("--device", choices=("auto", "cpu", "cuda"), help="where (default: auto)")
    return parser


def _refuse_what_does_not_fit(given: argparse.Namespace) -> None:
    act = given.act
    for name in _NEEDS[act]:
        if getattr(given, name) is None:
            shown = _SHOWN.get(name, f"--{name}")
            raise InputError(f"`travel {act}` needs {shown}.", "", "See: groundglass travel --help")
    every = {name for names in _TAKES.values() for name in names}
    extra = sorted(name for name in every - _TAKES[act] if getattr(given, name) is not None)
    if extra:
        shown = _SHOWN.get(extra[0], f"--{extra[0]}")
        raise InputError(
            f"`travel {act}` does not take {shown}.", "", "Leave it out, or see: groundglass travel --help"
        )


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    return {k: v for k, v in (("steps", given.steps), ("minutes", given.minutes)) if v is not None}


def _pack(given: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.cli.terminal_progress import TerminalProgress
    from engine.train.manifest import find
    from engine.train.pack import LIMIT_BYTES, pack
    from engine.train.recipe import load

    recipe = load(given.recipe)
    training = replace(recipe.training, **_asked(given))
    recipe = replace(recipe, training=training, start=given.start or recipe.start)
    limit = LIMIT_BYTES if given.limit is None else int(given.limit * 1e6)
    progress = TerminalProgress()
    try:
        made = pack(given.out, recipe, find(given.data, given.sources), limit_bytes=limit, progress=progress)
    finally:
        progress.end()
    kept = "as they are" if made.step_hu == 1 else f"rounded to {made.step_hu} HU"
    _say(f"{made.size_bytes / 1e6:.1f} MB, grey values {kept}. Take it along with the program's own folder.")
    return {"files": [str(given.out)], "bytes": made.size_bytes, "step_hu": made.step_hu}, 0


def _train(given: argparse.Namespace) -> tuple[dict[str, Any], int]:
    began = time.monotonic()  # loading torch takes its share of the time there is
    from engine.train.pack import open_pack
    from engine.train.parts import bring
    from engine.train.travel import Journey, travel

    journey = Journey(
        device=given.device or "auto",
        within_s=max(1.0, 60 * given.within - (time.monotonic() - began)) if given.within else 0.0,
        workers=given.workers,
        came_back=given.resume,
        asked=_asked(given),
    )
    files = [str(given.out)]
    begun = False
    with _signals() as (token, stopped):
        pack = open_pack(given.folder)
        try:
            arrival = travel(pack, given.out, journey, cancel=token, say=_say)
            begun = True
        finally:  # what was reached comes home, whatever happened
            if given.bring is not None and (begun or (given.out / "curves.jsonl").exists()):
                files = [str(path) for path in bring(given.out, given.bring, state=given.state or "full")]
    told = {
        "files": files,
        "run": str(given.out),
        "finished": arrival.finished,
        "step": arrival.step,
        "validation_dice": arrival.dice,
        "evaluation": arrival.evaluation,
    }
    if not arrival.finished:
        _say("Go on with the same command" + (" and --resume, where the run is not kept." if given.bring else "."))
    return told, Cancelled.exit_code if stopped() else 0


def _evaluate(given: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.cli.terminal_progress import TerminalProgress
    from engine.train import run_folder
    from engine.train.gather import gather
    from engine.train.judge import EVALUATION, judge
    from engine.train.pack import open_pack
    from engine.train.start import device_of

    pack, progress = open_pack(given.folder), TerminalProgress()
    try:
        _, validation = gather(pack.gathered, run_folder.read_recipe(given.out).spacing, progress=progress)
        figures = judge(given.out, validation, device_of(given.device or "auto"), progress=progress)
    finally:
        progress.end()
    for row in [*figures["cases"], {"case": "all, pooled", "dice": figures["pooled_dice"]}]:
        _say(f"{row['case']}: " + ", ".join(f"{key} {value:.3f}" for key, value in row["dice"].items()))
    return {"files": [str(given.out / EVALUATION)], "evaluation": figures}, 0


def _bring(given: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.train.parts import bring

    return {"files": [str(path) for path in bring(given.folder, given.out, state=given.state or "full")]}, 0


def _unpack(given: argparse.Namespace) -> tuple[dict[str, Any], int]:
    from engine.train.parts import unpack

    return {"files": [str(unpack(given.folder, given.out))]}, 0


@contextmanager
def _signals() -> Iterator[tuple[CancelToken, Callable[[], bool]]]:
    """Yield a token that Ctrl+C and a polite kill set, and what tells whether they did; a second one leaves at once."""
    token, heard = CancelToken(), list[int]()

    def stop(number: int, _frame: object) -> None:
        heard.append(number)
        token.cancel()
        signal.signal(number, before[signal.Signals(number)])
        _say("Stopping after this update, with a checkpoint; the same again leaves at once.")

    mine = threading.current_thread() is threading.main_thread()  # only there are signals heard
    numbers = (signal.SIGINT, signal.SIGTERM) if mine else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield token, lambda: bool(heard)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
