"""Beginning and resuming a run: the recipe, the cases, the threads, then the loop. One door for the
terminal, the child process and tests.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import InputError, MemoryShortage
from engine.core.paths import cache_dir
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.case_folders import case_folders
from engine.io.picture_pairs import holds_pictures, picture_pairs, read_meaning
from engine.nets.weights import find_model
from engine.train import run_folder, world
from engine.train.case_folder import read_case, read_slice
from engine.train.drawn import never_drawn
from engine.train.gather import Readers, gather, names_of
from engine.train.loop import Report, Trainer
from engine.train.manifest import Gathered
from engine.train.recipe import Recipe
from engine.train.samples import read, synthetic
from engine.train.split import SIDES, Split, read_patients, read_sides, split

Data = Path | Gathered | None
"""A folder of cases, a manifest with the folder of its data, or None for the synthetic cohort."""


def begin_run(folder: Path, recipe: Recipe, data: Data, **how: Any) -> dict[str, float]:
    """Start a training in a new folder and return the last validation's Dice per label.

    Args:
        folder: The run; it must not hold one yet.
        recipe: What to do.
        data: Folder of cases, manifest, or None for the synthetic cohort.
        how: `progress`, `cancel`, `report` and `device` as in :func:`resume_run`.

    Raises:
        InputError: the folder is taken, or there are no cases.
        Cancelled: someone said stop.
    """
    start_folder(folder, recipe, data)
    return resume_run(folder, data, **how)


def start_folder(folder: Path, recipe: Recipe, data: Data) -> None:
    """Make the folder of a run without training yet: what the window does before it starts the child.

    Raises:
        InputError: the folder is taken, there are no cases, or nothing of the recipe was drawn in them.
    """
    if world.follows():
        return
    divided = None if data is None else names_of(data) if isinstance(data, Gathered) else split_of(recipe, data)
    if divided is not None and isinstance(data, Path):
        divided = replace(divided, never=never_drawn(recipe.labels, data, divided.train))
    manifest = data.manifest if isinstance(data, Gathered) else None
    run_folder.start(folder, recipe, split=divided, threads=_threads(), manifest=manifest)


def resume_run(
    folder: Path,
    data: Data,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    report: Report | None = None,
    device: str = "auto",
) -> dict[str, float]:
    """Go on with the training in `folder`, from its last checkpoint if it has one.

    Args:
        folder: The run.
        data: Folder of cases, manifest, or None for the synthetic cohort.
        progress: Told after every case painted and every update.
        cancel: Looked at after every update.
        report: Called with every line of the curves.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Raises:
        InputError: this is no run, or there are no cases.
        ModelError: the checkpoint is damaged, or the training diverges.
        ResourceError: memory or disk gave out; the run can be resumed.
        Cancelled: someone said stop.
    """
    told, token = progress or NoProgress(), cancel or CancelToken()
    torch.set_num_threads(_threads())
    place = device_of(device)
    here = world.join(place)  # the leader joins with its folder made: before that there is nothing to read
    try:
        recipe = run_folder.read_recipe(folder)
        made = readers(recipe, data, told, token) if here.leads else None
        here.agree(0)  # the others wait until the cases are made
        train, validation = made or readers(recipe, data, told, token)
        trainer = Trainer(recipe, train, validation, folder, place, told, token, report or _nobody, here)
        if (folder / run_folder.STATE).exists():
            trainer.resume()
        else:
            if here.leads:
                run_folder.cut_curve(folder, 0)  # of a start that ended before its first checkpoint
            if recipe.start:
                trainer.start_from(find_model(recipe.start).path)
        with memory_told(recipe):
            return trainer.run()
    finally:
        world.leave(here)


@contextmanager
def memory_told(recipe: Recipe) -> Generator[None, None, None]:
    """Turn a lack of memory while training by `recipe` into a sentence.

    Raises:
        MemoryShortage: memory gave out; the run can be resumed.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_short_of_memory(error):
            raise
        raise MemoryShortage(
            "The training needs more memory than there is.",
            f"A batch of {recipe.training.batch} patches of {' × '.join(map(str, recipe.patch))} voxels did not fit.",
            "Close other programs and go on with the same run, or start again with a smaller training.batch or patch.",
            details=str(error),
        ) from error


def _is_short_of_memory(error: Exception) -> bool:
    """Whether memory gave out: torch has a class of its own for graphics cards and only a text for the processor."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def readers(
    recipe: Recipe, data: Data, progress: Progress | None = None, cancel: CancelToken | None = None
) -> tuple[Readers, Readers]:
    """Return what reads the training cases and what reads those for validation.

    Cases of a folder are split by patient, or by name where patients are unknown (:mod:`engine.train.split`).

    Raises:
        InputError: there are too few cases.
    """
    plan = recipe.data
    if isinstance(data, Gathered):
        return gather(data, recipe.spacing, progress=progress, cancel=cancel)
    if data is None:
        seeds = range(plan.first_seed, plan.first_seed + plan.train + plan.validation)
        paths = synthetic(cache_dir() / "cohort", seeds, recipe.spacing, progress=progress, cancel=cancel)
        every: Readers = [partial(read, path) for path in paths]
    else:
        return _of_folder(recipe, data)
    held = min(plan.validation, len(every) - 1)
    if held < 0 or not every:
        raise InputError("There is nothing to train on.", "No case was found.", "Give a folder of cases with --data.")
    return every[: len(every) - held], every[len(every) - held :]


def split_of(recipe: Recipe, data: Path) -> Split:
    """Return how the cases of a folder are divided.

    Raises:
        InputError: there are too few cases or patients.
    """
    plan = recipe.data
    cases = [pair.name for pair in picture_pairs(data)] if holds_pictures(data) else _names(data)
    if plan.train and not plan.folds:
        cases = cases[: plan.train + plan.validation]
    patients = read_patients(data, cases)
    sides = None if plan.folds else read_sides(data, cases)
    if sides is not None:
        train, validation = (tuple(case for case in cases if sides[case] == side) for side in SIDES)
        if not train:
            raise InputError("There is nothing to train on.", "Every case is for validation.", "Correct patients.csv.")
        return Split(train, validation, "given")
    return split(cases, patients, validation=plan.validation, folds=plan.folds, fold=plan.fold)


def _names(data: Path) -> list[str]:
    return [folder.name for folder in case_folders(data)]


def _of_folder(recipe: Recipe, data: Path) -> tuple[Readers, Readers]:
    divided = split_of(recipe, data)
    if holds_pictures(data):
        return _of_pictures(recipe, data, divided)
    train, validation = (
        [partial(read_case, data / name, recipe.spacing) for name in names]
        for names in (divided.train, divided.validation)
    )
    return train, validation


def _of_pictures(recipe: Recipe, data: Path, divided: Split) -> tuple[Readers, Readers]:
    if recipe.patch[0] != 1:
        raise InputError(
            f"“{data.name}” holds single slices, and “{recipe.name}” trains on volumes.",
            f"Its patch is {recipe.patch[0]} slices thick.",
            "Take a recipe whose patch is one slice, such as modern-2d.",
        )
    pairs, meaning = {pair.name: pair for pair in picture_pairs(data)}, read_meaning(data)
    train, validation = (
        [partial(read_slice, pairs[name], meaning, recipe.spacing) for name in names]
        for names in (divided.train, divided.validation)
    )
    return train, validation


def _threads() -> int:
    cores = os.cpu_count() or 1
    spared = cores - 1 if cores > 2 else cores
    return max(1, min(spared, torch.get_num_threads()))  # torch knows what the user allows it


def device_of(name: str) -> torch.device:
    """Return ``"cpu"``, ``"cuda"``, or for ``"auto"`` the better one there is.

    Raises:
        InputError: there is no CUDA device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("There is no CUDA device here.", "torch does not see one.", "Use --device cpu.")
    return torch.device(name, world.local_rank()) if name == "cuda" else torch.device(name)


def _nobody(_line: dict[str, Any]) -> None:
    return
