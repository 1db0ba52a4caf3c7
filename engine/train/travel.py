"""A packed training on another machine: paint, train, measure, within the time there is.

It is the training of every day (:func:`engine.train.start.resume_run`) on the cases of a pack, and needs torch, numpy
and scipy alone. What it leaves is an ordinary run, with a log beside its curves; it goes on where it stopped, here or
elsewhere.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Cancelled, GroundglassError, InputError
from engine.core.progress import CancelToken
from engine.predict.torch_engine import device_name
from engine.train import run_folder
from engine.train.gather import gather
from engine.train.judge import judge
from engine.train.pack import Pack
from engine.train.paint_ahead import paint_ahead
from engine.train.parts import LOG, unpack
from engine.train.start import device_of, resume_run, start_folder

_SPARE_S = 60.0
_SPARE_SHARE = 0.15
_TOLD_EVERY_S = 30.0


@dataclass(frozen=True)
class Journey:
    """How a packed training is run.

    Args:
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        within_s: Time from now to be back in, 0 for none; a little of it is kept to write and to bring.
        workers: Processes that paint; None for as many as there are processors.
        came_back: Parts of this run from an earlier journey, to go on with.
        asked: Values of the recipe's training in place of its own, for a new run.
    """

    device: str = "auto"
    within_s: float = 0.0
    workers: int | None = None
    came_back: Path | None = None
    asked: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Arrival:
    """What came of it.

    Args:
        finished: Whether the training is at its end; else it can go on.
        step: Updates done in all.
        dice: Of the last validation, per label.
        evaluation: Of the best weights on the cases kept aside, if there was time for it.
    """

    finished: bool
    step: int
    dice: dict[str, float]
    evaluation: dict[str, Any] | None


def travel(
    pack: Pack,
    run: Path,
    journey: Journey,
    *,
    cancel: CancelToken | None = None,
    say: Callable[[str], None] | None = None,
) -> Arrival:
    """Begin or go on with a packed training.

    Args:
        pack: What travelled.
        run: Folder of the run.
        journey: How.
        cancel: Looked at after every update; a checkpoint is written before leaving.
        say: Called with every line of the log.

    Raises:
        InputError: the run is of another pack, or values are asked of one that has begun.
        ModelError: a checkpoint is damaged, or the training diverges.
    """
    token = cancel or CancelToken()
    _prepare(pack, run, journey)
    log = _Log(run / LOG, say or _nobody)
    with _ended_after(journey.within_s, token):
        try:
            return _travelled(pack, run, journey, token, log)
        except GroundglassError as error:
            log.say(f"Failed: {error}")
            raise


def _prepare(pack: Pack, run: Path, journey: Journey) -> None:
    """Make the folder of the run, bring an earlier state of it in, and refuse one that is not of this pack."""
    if journey.came_back is not None and not (run / run_folder.STATE).exists():
        unpack(journey.came_back, run)
    if not (run / "recipe.json").exists():
        training = replace(pack.recipe.training, **(journey.asked or {}))
        start_folder(run, replace(pack.recipe, training=training), pack.gathered)
        return
    if journey.asked:
        raise InputError(
            f"“{run.name}” has begun already.", f"It keeps its own {', '.join(journey.asked)}.", "Leave them out."
        )
    known = run / run_folder.MANIFEST
    wanted = json.loads(json.dumps(pack.gathered.manifest.to_dict()))
    if not known.exists() or json.loads(known.read_text(encoding="utf-8")) != wanted:
        raise InputError(
            f"“{run.name}” was not trained from this pack.",
            f"Its {known.name} is missing or names other sources than “{pack.gathered.manifest.name}” here.",
            "Give the pack it began with, or another folder.",
        )


def _travelled(pack: Pack, run: Path, journey: Journey, token: CancelToken, log: _Log) -> Arrival:
    device, spacing = device_of(journey.device), run_folder.read_recipe(run).spacing
    name = device_name(device, torch.get_num_threads())
    log.say(f"{name}, torch {torch.__version__}, Python {platform.python_version()}, {os.cpu_count()} processors")
    log.say(f"The pack holds “{pack.recipe.name}” on “{pack.gathered.manifest.name}”, {pack.size_bytes / 1e6:.1f} MB")
    dice: dict[str, float] = {}
    evaluation: dict[str, Any] | None = None
    finished = False
    try:
        count = paint_ahead(pack.gathered, spacing, workers=journey.workers, progress=log, cancel=token)
        log.say(f"Chests are painted, in {count} processes" if count else "Chests are painted as they are needed")
        dice = resume_run(run, pack.gathered, progress=log, cancel=token, report=log.curve, device=journey.device)
        finished = True
        log.say("The training is at its end")
        _, validation = gather(pack.gathered, spacing, progress=log, cancel=token)
        if validation:
            evaluation = judge(run, validation, device, progress=log, cancel=token)
            log.say(f"Dice on the cases kept aside: {_listed(evaluation['pooled_dice'])}")
    except Cancelled:
        log.say("The time is up, or someone said stop" + (": not measured yet" if finished else "; it can go on"))
    curve = run_folder.read_curve(run)
    step = int(curve[-1]["step"]) if curve else 0
    log.say(f"At step {step}")
    return Arrival(finished, step, dice or _last_dice(curve), evaluation)


class _Log:
    """A file of lines with their time; also what is told of progress, now and then."""

    def __init__(self, path: Path, also: Callable[[str], None]) -> None:
        self._path = path
        self._also = also
        self._told_s = time.monotonic()

    def say(self, text: str) -> None:
        """Write one line."""
        line = f"{datetime.now(UTC).isoformat(timespec='seconds')}  {text}"
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        self._also(line)

    def update(self, done: float, total: float, text: str = "") -> None:
        """Write a line of progress if the last one is old."""
        now = time.monotonic()
        if now - self._told_s >= _TOLD_EVERY_S:
            self._told_s = now
            self.say(f"{text}: {done:g} of {total:g}")

    def curve(self, line: dict[str, Any]) -> None:
        """Write what a validation found."""
        if "dice" in line:
            self.say(f"Step {line['step']}: validation Dice {_listed(line['dice'])}")


@contextmanager
def _ended_after(within_s: float, token: CancelToken) -> Iterator[None]:
    """Say stop a little before the time is up."""
    if not within_s:
        yield
        return
    timer = threading.Timer(within_s - min(_SPARE_S, _SPARE_SHARE * within_s), token.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _last_dice(curve: list[dict[str, Any]]) -> dict[str, float]:
    return next((dict(line["dice"]) for line in reversed(curve) if "dice" in line), {})


def _listed(dice: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {value:.3f}" for key, value in dice.items())


def _nobody(_line: str) -> None:
    return
