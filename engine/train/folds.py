"""A cross-validation: one training for each part of the patients kept aside, here or over a cluster.

Every fold is a run of its own in the same folder and goes on from its own checkpoint; a cluster's machines must see
that folder and the cases under the same path.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.core.atomic import write_text
from engine.core.errors import InputError, RecipeError
from engine.core.progress import CancelToken
from engine.spread.work import Outcome, Place, Share, Voice
from engine.train.recipe import Recipe
from engine.train.start import resume_run, start_folder

FOLDS = "folds.json"


@dataclass(frozen=True)
class Folds:
    """The folder of a cross-validation.

    Args:
        folder: It holds a run per fold, ``fold-1`` and so on, and the table of all.
        data: Cases by patient.
    """

    folder: Path
    data: Path

    @property
    def runs(self) -> list[Path]:
        """The runs, in the order of the folds.

        Raises:
            InputError: the folder holds no cross-validation.
        """
        return [self.folder / f"fold-{fold + 1}" for fold in range(len(self.rows))]

    @property
    def rows(self) -> list[dict[str, float] | None]:
        """Dice per label of each fold's last validation; None for those that are not trained to the end.

        Raises:
            InputError: the folder holds no cross-validation.
        """
        try:
            return list(json.loads((self.folder / FOLDS).read_text(encoding="utf-8"))["folds"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"“{self.folder.name}” holds no cross-validation.", str(error), "Start one with --folds."
            ) from error

    def start(self, recipe: Recipe, count: int) -> None:
        """Make the run of every fold without training yet.

        Args:
            recipe: What each fold does.
            count: Of folds.

        Raises:
            InputError: the folder is taken, or there are fewer patients than folds.
            RecipeError: fewer than two folds.
        """
        if count < 2:
            raise RecipeError(
                "A cross-validation needs at least two folds.", f"It was to have {count}.", "Give a larger number."
            )
        if is_folds(self.folder):
            raise InputError(
                f"The folder “{self.folder.name}” holds a cross-validation already.",
                "A new one would mix with it.",
                f"Choose another folder, or go on with: groundglass train --resume {self.folder}",
            )
        for fold in range(count):
            plan = replace(recipe.data, folds=count, fold=fold)
            start_folder(self.folder / f"fold-{fold + 1}", replace(recipe, data=plan), self.data)
        self._write([None] * count)

    def run(
        self, where: Place, voice_of: Callable[[int], Voice], *, device: str = "auto"
    ) -> Generator[Outcome[dict[str, float]], None, None]:
        """Train the folds that are not done, and yield each as it ends, its Dice in the table.

        Args:
            where: Here or a cluster.
            voice_of: Number of a fold from 0 → who hears it.
            device: As for a single training.

        Raises:
            InputError: the folder holds no cross-validation.
            Cancelled: someone said stop; the folds go on from their checkpoints.
        """
        rows, runs = self.rows, self.runs
        todo = [fold for fold, row in enumerate(rows) if row is None]
        make = Trainings(self.data.resolve(), device)
        with closing(where.run(make, [runs[fold].resolve() for fold in todo], lambda i: voice_of(todo[i]))) as outcomes:
            for outcome in outcomes:
                fold = todo[outcome.index]
                if outcome.value is not None:
                    rows[fold] = outcome.value
                    self._write(rows)
                yield replace(outcome, index=fold)

    def summary(self) -> dict[str, Any]:
        """Return the Dice of each fold, and per label mean and standard deviation over the folds done."""
        done = [row for row in self.rows if row is not None]
        keys = list(dict.fromkeys(key for row in done for key in row))
        values = {key: [row[key] for row in done if key in row] for key in keys}
        return {
            "folds": self.rows,
            "mean": {key: round(statistics.fmean(v), 4) for key, v in values.items()},
            "sd": {key: round(statistics.stdev(v), 4) for key, v in values.items() if len(v) > 1},
        }

    def _write(self, rows: list[dict[str, float] | None]) -> None:
        write_text(self.folder / FOLDS, json.dumps({"folds": rows}, indent=1) + "\n")


def is_folds(folder: Path) -> bool:
    """Return whether `folder` holds a cross-validation."""
    return (folder / FOLDS).is_file()


@dataclass(frozen=True)
class Trainings:
    """Makes what trains folds in one process.

    Args:
        data: The cases.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    data: Path
    device: str

    def __call__(self, share: Share) -> Training:
        """Return it, with no more threads than its share of the machine."""
        if share.threads:
            import torch

            torch.set_num_threads(share.threads)
        return Training(self.data, self.device)


@dataclass(frozen=True)
class Training:
    """Trains one fold after another."""

    data: Path
    device: str

    def __call__(self, piece: Path, voice: Voice, cancel: CancelToken) -> dict[str, float]:
        """Train the fold in the folder `piece` to its end and return its Dice."""
        return resume_run(piece, self.data, progress=voice, cancel=cancel, device=self.device)
