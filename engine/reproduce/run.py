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
from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.privacy import hashed
from engine.metrics.overlap import Counts
from engine.nets.checkpoint import load
from engine.reproduce.claims import MEASURES, Row, Table
from engine.reproduce.division import By, Reader, by_slice
from engine.train import recipe as recipes
from engine.train import run_folder
from engine.train.loop import Trainer
from engine.train.recipe import Recipe
from engine.train.start import device_of, readers, split_of
from engine.train.validate import ModuleEngine, counts_of

RESULT = "result.json"
ASKED = "asked.json"
_KEPT = 0.2
"""Share of slices, or about of patients, that is kept aside."""
_SEED = 1


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
    """

    row: str
    by: By
    cases: dict[str, list[float]]
    steps: int
    minutes: float
    trained_on: int


@dataclass(frozen=True)
class Effort:
    """How long a row is trained.

    Args:
        steps: Updates, in place of the recipe's.
        minutes: Time, in place of the recipe's updates.
    """

    steps: int | None = None
    minutes: float | None = None


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
    told, token = progress or NoProgress(), cancel or CancelToken()
    _agree(out, table, data, effort or Effort())
    scored: list[Scored] = []
    for by in splits:
        for row in table.rows:
            recipe = recipe_of(table, row, effort or Effort())
            scored.append(_row(row, by, recipe, data, out / f"{recipe.name}-by-{by}", told, token))
    return scored


def _agree(out: Path, table: Table, data: Path, effort: Effort) -> None:
    """Note what is reproduced, and refuse a folder that holds rows of something else.

    Raises:
        InputError: it was begun with another table, other data or another effort.
    """
    # a path may hold a name: it is known again without being kept
    asked = {"table": table.title, "data": hashed(str(data.resolve())), **asdict(effort)}
    note = out / ASKED
    if not note.exists():
        write_text(note, json.dumps(asked, indent=1, ensure_ascii=False) + "\n")
        return
    before = json.loads(note.read_text(encoding="utf-8"))
    other = next((key for key in asked if before.get(key) != asked[key]), None)
    if other is not None:
        raise InputError(
            f"The folder “{out.name}” was begun with another “{other}”.",
            "Rows of both would stand in one table.",
            "Give another folder with -o, or the same words as before.",
        )


def recipe_of(table: Table, row: Row, effort: Effort) -> Recipe:
    """Return how a row is trained: the table's recipe with what the row changes."""
    base = recipes.load(table.recipe)
    arch = dict(row.arch) or (dict(base.arch) if row.network == base.network else _common(base.arch))
    how: dict[str, Any] = {"loss": row.loss, "loss_with": row.loss_with} if row.loss else {}
    if effort.steps is not None:
        how["steps"] = effort.steps
    if effort.minutes is not None:
        how |= {"minutes": effort.minutes, "steps": 10**9}
    training = replace(base.training, **how, validate_every=10**9, patience=0)
    name = "".join(c if c.isalnum() else "-" for c in row.name.lower()).strip("-")
    return replace(
        base,
        name=name,
        network=row.network,
        arch=arch,
        labels=table.labels or base.labels,
        augment=base.augment if row.augment else None,
        training=training,
    )


def _common(arch: Any) -> dict[str, Any]:  # noqa: ANN401 - a mapping of plain values
    """Return what every network understands of the arguments of another."""
    return {key: value for key, value in dict(arch).items() if key == "norm"}


def _row(row: Row, by: By, recipe: Recipe, data: Path, folder: Path, progress: Progress, cancel: CancelToken) -> Scored:
    done = folder / RESULT
    if done.exists():
        return _read(done)
    train, kept = divided(recipe, data, by)
    if not (folder / "recipe.json").exists():
        run_folder.start(folder, recipe, split=None, threads=torch.get_num_threads())
    device = device_of("auto")
    trainer = Trainer(recipe, train, [], folder, device, progress, cancel)
    if (folder / run_folder.STATE).exists():
        trainer.resume()
    trainer.run()
    cases = measured(folder, recipe, kept, device, cancel)
    scored = Scored(row.name, by, cases, trainer.step, round(trainer.spent_s / 60, 2), len(train))
    plain = asdict(scored) | {"cases": {m: [None if math.isnan(v) else v for v in vs] for m, vs in cases.items()}}
    write_text(done, json.dumps(plain, indent=1) + "\n")
    return scored


def _read(done: Path) -> Scored:
    plain = json.loads(done.read_text(encoding="utf-8"))
    cases = {m: [math.nan if v is None else float(v) for v in vs] for m, vs in plain["cases"].items()}
    return Scored(**plain | {"cases": cases})


def divided(recipe: Recipe, data: Path, by: By) -> tuple[list[Reader], list[Reader]]:
    """Return readers of what is learned from and of what is kept aside.

    Raises:
        InputError: nothing can be kept aside.
    """
    whole = replace(recipe, data=replace(recipe.data, train=0, validation=1, folds=0))
    every = split_of(whole, data)
    count = len(every.train) + len(every.validation)
    validation = max(1, round(_KEPT * count))
    train, kept = readers(replace(whole, data=replace(whole.data, validation=validation)), data)
    if by == "slice":
        train, kept = by_slice([*train, *kept], _KEPT, recipe.patch[0], _SEED)
    if not kept or not train:
        raise InputError(
            f"“{data.name}” cannot be divided.", f"It holds {count} case.", "Give at least two cases of two patients."
        )
    return list(train), list(kept)


def measured(
    folder: Path, recipe: Recipe, kept: list[Reader], device: torch.device, cancel: CancelToken
) -> dict[str, list[float]]:
    """Return every measure of every case kept aside, mean over labels, by the last weights of a run."""
    module, _ = load(folder / "last.safetensors")
    engine = ModuleEngine(module.eval().to(device), device, bf16=False)
    out: dict[str, list[float]] = {}
    for read in kept:
        per_label = counts_of(engine, recipe, read(), cancel=cancel)
        for measure in MEASURES:
            out.setdefault(measure, []).append(_mean([getattr(c, measure) for c in per_label.values() if _there(c)]))
    return out


def _there(counts: Counts) -> bool:
    return counts.tp + counts.fp + counts.fn > 0


def _mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan
