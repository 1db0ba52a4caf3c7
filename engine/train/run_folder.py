"""The files of a run: curves, state to resume from, weights with their card."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.core.atomic import explain_os_error, replacing, write_text
from engine.core.errors import InputError, ModelError
from engine.core.typed import build
from engine.core.words import counted
from engine.nets import tensor_file
from engine.nets.card import Card, write_card
from engine.nets.checkpoint import save
from engine.nets.registry import arch_dict
from engine.train.manifest import Manifest
from engine.train.recipe import Recipe, from_dict
from engine.train.split import Split

STATE = "state.safetensors"
CURVES = "curves.jsonl"
SPLIT = "split.json"
MANIFEST = "manifest.json"
_SLICE_VOXELS = 512 * 512
"""Voxels of the slices that a network of slices is given at once."""


def start(folder: Path, recipe: Recipe, *, split: Split | None, threads: int, manifest: Manifest | None = None) -> None:
    """Make the folder of a new run with its recipe, its split and environment.

    Args:
        folder: The run.
        recipe: What was asked for.
        split: Of the cases of a folder; None for the synthetic cohort.
        threads: Of the processor.
        manifest: Where the cases come from; it goes into the card.

    Raises:
        InputError: the folder holds a run already.
        ResourceError: it cannot be written.
    """
    if (folder / STATE).exists() or (folder / CURVES).exists():
        raise InputError(
            f"The folder “{folder.name}” holds a training already.",
            "A new one would mix with it.",
            f"Choose another folder, or go on with: groundglass train --resume {folder}",
        )
    write_text(folder / "recipe.json", json.dumps(recipe.to_dict(), indent=1, ensure_ascii=False) + "\n")
    environment = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "threads": threads,
        "training_cases": recipe.data.train if split is None else len(split.train),
        "validation_cases": recipe.data.validation if split is None else len(split.validation),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_text(folder / "environment.json", json.dumps(environment, indent=1) + "\n")
    if split is not None:
        write_text(folder / SPLIT, json.dumps(asdict(split), indent=1, ensure_ascii=False) + "\n")
    if manifest is not None:
        write_text(folder / MANIFEST, json.dumps(manifest.to_dict(), indent=1, ensure_ascii=False) + "\n")


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe of a run.

    Raises:
        InputError: this is no run.
    """
    try:
        values = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"“{folder.name}” is no training that can be resumed.",
            "Its recipe.json is missing or damaged.",
            "Choose the folder that was given with -o.",
        ) from error
    return from_dict({k: v for k, v in values.items() if k != "augment"} | {"augment": values["augment"] or False})


def append_curve(folder: Path, line: dict[str, Any]) -> None:
    """Add one line to the curves.

    Raises:
        ResourceError: the disk is full, or does not answer.
    """
    path = folder / CURVES
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
    except OSError as error:
        raise explain_os_error(error, path) from error


def read_curve(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of the curves; a line cut short by a crash is left out."""
    path = folder / CURVES
    if not path.exists():
        return []
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines


def cut_curve(folder: Path, step: int) -> None:
    """Forget the lines after `step`: they will come again."""
    kept = [line for line in read_curve(folder) if int(line["step"]) <= step]
    write_text(folder / CURVES, "".join(json.dumps(line) + "\n" for line in kept))


def write_state(
    folder: Path, model: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, numbers: dict[str, float]
) -> None:
    """Write everything a training needs to go on.

    Raises:
        ResourceError: the disk is full; the former state stays.
    """
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for index, slot in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{k}": torch.as_tensor(v) for k, v in slot.items() if v is not None}
    plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    with replacing(folder / STATE) as temporary:
        tensor_file.write(temporary, plain, {"numbers": json.dumps(numbers)})


def read_state(
    folder: Path, model: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
) -> dict[str, float]:
    """Bring a training back to its last checkpoint and return the numbers that were kept with it.

    Raises:
        ModelError: there is none, it is damaged, or it belongs to another recipe.
    """
    try:
        tensors, words = tensor_file.read(folder / STATE)
        numbers = json.loads(words["numbers"])
        model.load_state_dict(_part(tensors, "model."))
        average.load_state_dict(_part(tensors, "average."))
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"The training in “{folder.name}” cannot be resumed.",
            "Its last checkpoint is missing, damaged or of another recipe.",
            "Start it again in a new folder.",
            details=str(error),
        ) from error
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _part(tensors, "optimiser.").items():
        index, _, key = name.partition(".")
        slots.setdefault(int(index), {})[key] = value
    whole = optimiser.state_dict()
    whole["state"] = slots
    optimiser.load_state_dict(whole)
    return numbers


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def card_of(
    recipe: Recipe, model: nn.Module, figures: dict[str, Any], trained_on: tuple[str, ...], licence: str = ""
) -> Card:
    """Return the card of weights trained by `recipe` on what `trained_on` says."""
    return Card(
        id=recipe.name,
        network=recipe.network,
        labels=recipe.labels,
        title=recipe.text,
        arch=arch_dict(model),
        head=recipe.head,
        patch=_window(recipe),
        spacing=recipe.spacing,
        intensity=recipe.intensity,
        licence=licence,
        trained_on=trained_on,
        figures=figures,
        created=datetime.now(UTC).date().isoformat(),
    )


def read_split(folder: Path) -> Split | None:
    """Return how the cases of a run were divided; None for the synthetic cohort."""
    path = folder / SPLIT
    if not path.exists():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    return Split(tuple(values["train"]), tuple(values["validation"]), values["by"], tuple(values.get("never", ())))


def _trained_on(folder: Path, recipe: Recipe) -> tuple[str, ...]:
    divided, manifest = read_split(folder), _manifest(folder)
    if divided is not None:
        return (divided.text(), *(source.text() for source in (manifest.sources if manifest else ())))
    plan = recipe.data
    return (f"{counted(plan.train, 'synthetic case')}, {plan.validation} more to choose the weights by",)


def _manifest(folder: Path) -> Manifest | None:
    path = folder / MANIFEST
    return build(Manifest, json.loads(path.read_text(encoding="utf-8")), MANIFEST) if path.exists() else None


def _window(recipe: Recipe) -> tuple[int, int, int]:
    """Return what the network is given at once in use: its patch, or as many slices as fill the pass."""
    depth, rows, columns = recipe.patch
    if recipe.spacing[0] == 0:
        depth = max(1, _SLICE_VOXELS // (rows * columns))
    return depth, rows, columns


def write_weights(folder: Path, name: str, model: nn.Module, recipe: Recipe, figures: dict[str, Any]) -> None:
    """Write weights ready for use, and beside them the card."""
    manifest = _manifest(folder)
    licence = manifest.licence if manifest else ""
    card = card_of(recipe, model, figures, _trained_on(folder, recipe), licence)
    card = save(folder / f"{name}.safetensors", model, card)
    write_card(folder / f"{name}.toml", card)
