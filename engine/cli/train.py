"""`groundglass train`: a recipe in, a run folder out."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.parser import verb_parser
from engine.cli.terminal_progress import Voices
from engine.core.errors import Cancelled, InputError
from engine.core.paths import resource
from engine.core.progress import CancelToken

if TYPE_CHECKING:
    from engine.train.recipe import Recipe
    from engine.train.start import Data

_EXAMPLES = (
    "groundglass train --recipe cpu-smoke -o runs/trial",
    "groundglass train --recipe cpu --data my-cases -o runs/mine",
    "groundglass train --recipe cpu --data free --sources downloads -o runs/free",
    "groundglass train --recipe cpu --data my-cases --folds 5 --on ray://head:10001 -o runs/cross",
    "groundglass train --resume runs/mine",
)


def main(words: Sequence[str]) -> int:
    """Train or resume and return the exit code; the Dice of the last validation goes to stdout as JSON."""
    parser = verb_parser("train", "Train a network from a recipe; without --data on synthetic chests.", _EXAMPLES)
    parser.add_argument("--recipe", metavar="NAME|FILE", help="a recipe that ships with the program, or a .toml file")
    parser.add_argument(
        "--data",
        metavar="DIR|MANIFEST",
        type=Path,
        help="one folder per case: ct.nii.gz and a mask per label; or a manifest, by name or .toml file",
    )
    parser.add_argument("--sources", metavar="DIR", type=Path, help="the folder that a manifest's paths start from")
    parser.add_argument("-o", "--out", metavar="RUN", type=Path, help="folder of the run; must not hold one yet")
    parser.add_argument("--resume", metavar="RUN", type=Path, help="go on with a run from its last checkpoint")
    parser.add_argument("--start", metavar="MODEL", help="begin with these weights instead of random ones")
    parser.add_argument("--steps", type=int, metavar="N", help="updates, in place of the recipe's")
    parser.add_argument("--minutes", type=float, metavar="N", help="end within this time, in place of the recipe's")
    parser.add_argument("--folds", type=int, metavar="K", help="K trainings, each keeping other patients aside")
    parser.add_argument(
        "--on", default="local", metavar="PLACE", help="of --folds: local, ray://HOST:PORT, or ray://local"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where (default: auto)")
    parser.add_argument("--tensorboard", action="store_true", help="write the curves for TensorBoard too")
    parser.add_argument("--list", action="store_true", help="name the recipes and leave")
    given = parser.parse_args(list(words))
    if given.list:
        return _list()
    data = _data(given.data, given.sources)
    if given.resume is not None:
        if given.recipe or given.out:
            raise InputError(
                "--resume was given together with --recipe or -o.", "A run keeps its own recipe.", "Leave them out."
            )
        return _go_on(given, data)
    if not given.recipe or given.out is None:
        raise InputError(
            "Recipe or folder is missing.",
            "A new training needs --recipe and -o.",
            "For example: groundglass train --recipe cpu-smoke -o runs/trial",
        )
    from engine.train.recipe import load

    recipe = load(given.recipe)
    asked = {k: v for k, v in (("steps", given.steps), ("minutes", given.minutes)) if v is not None}
    recipe = replace(recipe, training=replace(recipe.training, **asked), start=given.start or recipe.start)
    if given.folds is not None:
        return _cross(given.out, data, given, recipe)
    _refuse_a_place(given.on)
    from engine.train.start import start_folder

    start_folder(given.out, recipe, data)
    _warn_of_what_was_never_drawn(given.out)
    return _train(given.out, data, given.device, board=given.tensorboard)


def _warn_of_what_was_never_drawn(folder: Path) -> None:
    from engine.train.run_folder import read_split

    divided = read_split(folder)
    if divided is not None and divided.never:
        never = ", ".join(divided.never)
        print(f"No case has a mask of {never}: what the weights say of it will mean nothing.", file=sys.stderr)


def _go_on(given: argparse.Namespace, data: Data) -> int:
    from engine.train.folds import is_folds

    if is_folds(given.resume):
        return _cross(given.resume, data, given)
    _refuse_a_place(given.on)
    return _train(given.resume, data, given.device, board=given.tensorboard)


def _refuse_a_place(on: str) -> None:
    if on != "local":
        raise InputError(
            "--on was given for a single training.",
            "Only the folds of a cross-validation are spread.",
            "Add --folds, or start the training with torchrun to use several machines.",
        )


def _cross(folder: Path, data: Data, given: argparse.Namespace, recipe: Recipe | None = None) -> int:
    """Start a cross-validation with `recipe`, or go on with the one in `folder`."""
    from engine.spread.where import place
    from engine.train.folds import Folds

    if not isinstance(data, Path):
        raise InputError(
            "A cross-validation needs a folder of cases.",
            "Synthetic chests and manifests have no patients to keep aside.",
            "Give one folder per case with --data.",
        )
    if given.tensorboard:
        raise InputError(
            "--tensorboard was given together with folds.", "Their curves stay where they run.", "Leave it out."
        )
    where, folds = place(given.on, device=given.device), Folds(folder, data)
    if recipe is not None:
        folds.start(recipe, given.folds)
    voices = Voices([run.name for run in folds.runs])
    failed: list[Exception] = []
    try:
        with closing(folds.run(where, voices.of, device=given.device)) as outcomes:
            for outcome in outcomes:
                voices.end(outcome.index)
                failed += [outcome.error] if outcome.error is not None else []
    except (KeyboardInterrupt, Cancelled):
        print(f"Stopped. Go on with: groundglass train --resume {folder}", file=sys.stderr)
        return Cancelled.exit_code
    finally:
        voices.clear()
    print(json.dumps({"run": str(folder), **folds.summary()}))
    if failed:
        raise failed[0]
    return 0


def _data(data: Path | None, sources: Path | None) -> Data:
    """Return the folder given, or the manifest of that name."""
    if data is None or (data.is_dir() and data.suffix != ".toml"):
        if sources is not None:
            raise InputError(
                "--sources was given without a manifest.", "It says where a manifest's data lies.", "Leave it out."
            )
        return data
    from engine.train.manifest import find

    return find(data, sources)


def _list() -> int:
    from engine.train import manifest, recipe

    for name in recipe.names():
        print(f"{name:<18}{recipe.load(name).text}")
    for name in manifest.names():
        print(f"--data {name:<11}{manifest.load(resource(f'manifests/{name}.toml')).text}")
    return 0


def _train(folder: Path, data: Data, device: str, *, board: bool) -> int:
    from engine.train.board import Board, both
    from engine.train.start import resume_run

    shown = Board(folder) if board else None
    report = _say_validation if shown is None else both(_say_validation, shown)
    try:
        with _interruptible() as cancel:
            dice = resume_run(folder, data, progress=_Lines(), report=report, device=device, cancel=cancel)
    except (KeyboardInterrupt, Cancelled):
        print(f"Stopped. Go on with: groundglass train --resume {folder}", file=sys.stderr)
        return Cancelled.exit_code
    finally:
        if shown is not None:
            shown.close()
    print(json.dumps({"run": str(folder), "validation_dice": dice}))
    return 0


@contextmanager
def _interruptible() -> Generator[CancelToken, None, None]:
    """Let the first Ctrl+C ask for a stop with a checkpoint, and a second one leave at once."""
    cancel = CancelToken()

    def ask(*_: object) -> None:
        cancel.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nStopping after this update, with a checkpoint; Ctrl+C again leaves at once.", file=sys.stderr)

    if threading.current_thread() is not threading.main_thread():  # only there are signals heard
        yield cancel
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


class _Lines:
    """One line on a terminal that is written over; in a log a line now and then."""

    def __init__(self) -> None:
        self._last = -1

    def update(self, done: float, total: float, text: str = "") -> None:
        percent = int(100 * done / total) if total else 0
        if sys.stderr.isatty():
            print(f"\r{percent:3d} %  {text:<60}", end="", file=sys.stderr, flush=True)
        elif percent // 5 != self._last:
            self._last = percent // 5
            print(f"{percent:3d} %  {text}", file=sys.stderr, flush=True)


def _say_validation(line: dict[str, Any]) -> None:
    if "dice" in line:
        shown = ", ".join(f"{key} {value:.3f}" for key, value in line["dice"].items())
        print(f"\nstep {line['step']}: Dice {shown}", file=sys.stderr, flush=True)
