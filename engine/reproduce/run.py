"""Every row of a table trained and measured; what is done already is not done again."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.core.atomic import write_text
from engine.core.errors import FormatError, InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.privacy import hashed
from engine.metrics.overlap import Counts
from engine.nets.checkpoint import load
from engine.reproduce.claims import MEASURES, Row, Table
from engine.reproduce.division import By, Divided, Reader, by_slice
from engine.reproduce.size import SizeName, at_size, said
from engine.train import recipe as recipes
from engine.train import run_folder
from engine.train.loop import Trainer
from engine.train.recipe import Recipe, Training
from engine.train.split import By as Apart
from engine.train.split import Split
from engine.train.start import device_of, memory_told, readers, split_of
from engine.train.validate import ModuleEngine, counts_of

RESULT = "result.json"
ASKED = "asked.json"
_KEPT = 0.2
"""Share of the cases that is kept aside, about."""
_LEAST = 3
"""Cases kept aside where there are twice as many: of one alone no interval can be told."""
_SEED = 1
_CHECKPOINTS = 10
"""Of a row, at least."""


@dataclass(frozen=True)
class Scored:
    """One row, trained and measured under one split.

    Args:
        row: Its name.
        by: What kept the test cases apart.
        cases: Measure → one value a case, mean over labels; NaN where a case has nothing to measure.
        steps: Updates made.
        minutes: They took.
        trained_on: Cases learned from.
        apart: What kept the test cases apart in truth: names, where patients are not known.
        shortened: In what it is smaller than the paper's; empty if in nothing.
    """

    row: str
    by: By
    cases: dict[str, list[float]]
    steps: int
    minutes: float
    trained_on: int
    apart: Apart = "patient"
    shortened: str = ""


@dataclass(frozen=True)
class Effort:
    """How long and how large a row is trained.

    Args:
        steps: Updates, in place of those of the size.
        minutes: Time, in place of updates.
        size: The paper's, or one of the table's smaller ones.
    """

    steps: int | None = None
    minutes: float | None = None
    size: SizeName = "paper"


def reproduce(
    table: Table,
    data: Path,
    out: Path,
    *,
    effort: Effort | None = None,
    splits: tuple[By, ...] = ("slice", "patient"),
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Scored]:
    """Train and measure every row of `table` under every split.

    Args:
        table: The paper's.
        data: Folder of cases or of pictures, as for training.
        out: A folder; a run per row and split is made in it, and taken up again where it was left.
        effort: How long a row is trained; as the recipe says if None.
        splits: Which; pictures have no neighbours, so they are divided by patient or by blocks of names only.
        progress: Told after every update.
        cancel: Looked at after every update.

    Raises:
        InputError: there are too few cases, or `out` was begun with something else.
        Cancelled: someone said stop; the next call goes on.
    """
    effort, token = effort or Effort(), cancel or CancelToken()
    _agree(out, table, data, effort)
    _teaches(recipe_of(table, table.rows[0], effort), data)
    todo = [_todo(table, row, by, effort) for by in splits for row in table.rows]
    scored: list[Scored] = []
    for number, each in enumerate(todo):
        part = _Part(progress or NoProgress(), number, len(todo), f"{each.row}, by {each.by}")
        scored.append(_row(each, data, out / f"{each.recipe.name}-by-{each.by}", part, token))
    return scored


@dataclass(frozen=True)
class _Todo:
    """One row under one split, not trained yet."""

    row: str
    by: By
    recipe: Recipe
    shortened: str


def _todo(table: Table, row: Row, by: By, effort: Effort) -> _Todo:
    recipe, short = recipe_of(table, row, effort), shortened(table, effort)
    if short:  # the card of the weights says it too
        recipe = replace(recipe, text=f"{recipe.text}; {short}")
    return _Todo(row.name, by, recipe, short)


@dataclass(frozen=True)
class _Part:
    """The progress of one row within that of the table."""

    whole: Progress
    number: int
    count: int
    text: str

    def update(self, done: float, total: float, text: str = "") -> None:
        """Tell how far the table is."""
        words = f"row {self.number + 1} of {self.count}, {self.text}: {text}"
        self.whole.update(self.number * total + done, self.count * total, words)


def _agree(out: Path, table: Table, data: Path, effort: Effort) -> None:
    """Note what is reproduced, and refuse a folder that holds rows of something else.

    Raises:
        InputError: it was begun with another table, other data or another effort.
    """
    # a path may hold a name: it is known again without being kept
    asked = {"table": table.title, "data": hashed(str(data.resolve())), **asdict(effort)}
    note = out / ASKED
    if not note.exists():
        plain = asked | {"shortened": shortened(table, effort)}
        write_text(note, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
        return
    before = {"size": "paper"} | _told(note, "Give another folder with -o.")
    other = next((key for key in asked if before.get(key) != asked[key]), None)
    if other is not None:
        raise InputError(
            f"The folder “{out.name}” was begun with another “{other}”.",
            "Rows of both would stand in one table.",
            "Give another folder with -o, or the same words as before.",
        )


def shortened(table: Table, effort: Effort) -> str:
    """Return in what every row is smaller than the paper's; empty if in nothing."""
    size = table.size(effort.size)
    paper, here = (recipe_of(table, table.rows[0], e) for e in (Effort(), effort))
    return said(paper, here, size.narrower if size else 1)


def recipe_of(table: Table, row: Row, effort: Effort) -> Recipe:
    """Return how a row is trained: the table's recipe with what the row changes, at the size asked for.

    Raises:
        InputError: the table has no such size.
    """
    base = recipes.load(table.recipe)
    arch = dict(row.arch) or (dict(base.arch) if row.network == base.network else _common(base.arch))
    how: dict[str, Any] = {"loss": row.loss, "loss_with": row.loss_with} if row.loss else {}
    name = "".join(c if c.isalnum() else "-" for c in row.name.lower()).strip("-")
    size = table.size(effort.size)
    recipe = replace(
        base,
        name=name if size is None else f"{name}-{effort.size}",
        text=f"{row.name}, as in {table.paper}",
        network=row.network,
        arch=arch,
        labels=table.labels or base.labels,
        augment=base.augment if row.augment else None,
        training=replace(base.training, **how, validate_every=10**9, patience=0),
    )
    recipe = recipe if size is None else at_size(recipe, size)
    return replace(recipe, training=_lasting(recipe.training, effort))


def _lasting(training: Training, effort: Effort) -> Training:
    """Return the training with its updates or minutes, and often enough a checkpoint."""
    steps = training.steps if effort.steps is None else effort.steps
    often = max(1, min(training.checkpoint_every, steps // _CHECKPOINTS))
    training = replace(training, steps=steps, checkpoint_every=often)
    return training if effort.minutes is None else replace(training, minutes=effort.minutes, steps=10**9)


def _common(arch: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of plain values
    """Return what every network understands of the arguments of another."""
    return {key: value for key, value in dict(arch).items() if key == "norm"}


def _row(todo: _Todo, data: Path, folder: Path, progress: Progress, cancel: CancelToken) -> Scored:
    done = folder / RESULT
    if done.exists():
        return _read(done)
    recipe = todo.recipe
    parts = divided(recipe, data, todo.by)
    if not (folder / "recipe.json").exists():
        run_folder.start(folder, recipe, split=parts.names, threads=torch.get_num_threads())
    device = device_of("auto")
    trainer = Trainer(recipe, parts.train, [], folder, device, progress, cancel)
    if (folder / run_folder.STATE).exists():
        trainer.resume()
    else:
        run_folder.cut_curve(folder, 0)
    with memory_told(recipe):
        trainer.run()
    cases = measured(folder, recipe, parts.kept, device, cancel)
    trained = (trainer.step, round(trainer.spent_s / 60, 2), len(parts.train))
    scored = Scored(todo.row, todo.by, cases, *trained, parts.names.by, todo.shortened)
    plain = asdict(scored) | {"cases": {m: [None if math.isnan(v) else v for v in vs] for m, vs in cases.items()}}
    write_text(done, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    return scored


def _read(done: Path) -> Scored:
    plain = _told(done, "Delete it: the row is measured again.")
    plain["cases"] = {m: [math.nan if v is None else float(v) for v in vs] for m, vs in plain["cases"].items()}
    return Scored(**plain)


def _told(path: Path, fix: str) -> dict[str, Any]:
    """Return what a file of the table says.

    Raises:
        FormatError: it is damaged; `fix` helps.
    """
    try:
        return {**json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError) as error:
        name = f"{path.parent.name}/{path.name}"
        raise FormatError(f"“{name}” cannot be read.", f"{type(error).__name__}.", fix) from error


def divided(recipe: Recipe, data: Path, by: By) -> Divided:
    """Return what is learned from and what is kept aside.

    As large a share of the slices is kept aside as of the cases, so that one is learned from about as much as the
    other, and only the leak lies between them.

    Raises:
        InputError: nothing can be kept aside.
    """
    whole = replace(recipe, data=replace(recipe.data, train=0, validation=1, folds=0))
    every = split_of(whole, data)
    count = len(every.train) + len(every.validation)
    validation = max(1, round(_KEPT * count), min(_LEAST, count // 2))
    cut = replace(whole, data=replace(whole.data, validation=validation))
    names, (train, kept) = split_of(cut, data), readers(cut, data)
    if by == "slice":
        everyone = (*names.train, *names.validation)
        names = Split(everyone, everyone, "slice")
        train, kept = by_slice([*train, *kept], validation / count, recipe.patch[0], _SEED)
    if not kept or not train:
        raise InputError(
            f"“{data.name}” cannot be divided.", f"It holds {count} case.", "Give at least two cases of two patients."
        )
    return Divided(list(train), list(kept), names)


def _teaches(recipe: Recipe, data: Path) -> None:
    """Refuse cases in which nothing of the table was drawn, before a row is trained on nothing.

    Raises:
        InputError: no case has a label of the table.
    """
    parts = divided(recipe, data, "patient")
    if all(read().known.isdisjoint(recipe.labels) for read in (*parts.train, *parts.kept)):
        wanted = ", ".join(f"“{label}”" for label in recipe.labels)
        raise InputError(
            f"Nothing in “{data.name}” can be learned for this table.",
            f"It is about {wanted}, and no case has that drawn.",
            "Give cases with masks of these names, or take another table.",
        )


def measured(
    folder: Path, recipe: Recipe, kept: list[Reader], device: torch.device, cancel: CancelToken
) -> dict[str, list[float]]:
    """Return every measure of every case kept aside, mean over labels, by the last weights of a run.

    Pieces of one case are counted together: they are no witnesses independent of each other.
    """
    module, _ = load(folder / "last.safetensors")
    engine = ModuleEngine(module.eval().to(device), device, bf16=False)
    pooled: dict[str, dict[str, Counts]] = {}
    for read in kept:
        sample = read()
        of_case = pooled.setdefault(sample.name, {})
        for label, found in counts_of(engine, recipe, sample, cancel=cancel).items():
            of_case[label] = of_case.get(label, Counts(0, 0, 0, 0)) + found
    cases = [[counts for counts in of_case.values() if _there(counts)] for of_case in pooled.values()]
    return {measure: [_mean([getattr(c, measure) for c in case]) for case in cases] for measure in MEASURES}


def _there(counts: Counts) -> bool:
    return counts.tp + counts.fp + counts.fn > 0


def _mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan
