"""A recipe: everything a training needs to know, as typed values read from TOML.

An unknown key, a wrong type or an impossible value is refused with the nearest valid name, before
anything is painted or trained.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.core.errors import RecipeError, ResourceError
from engine.core.paths import resource
from engine.core.typed import build
from engine.nets.heads import HeadKind
from engine.prep.normalise import Intensity
from engine.train.augment import Augmentation
from engine.train.schedule import ScheduleKind

_HEAD_WANTS = {
    "sigmoid": "a loss of independent labels, not “exclusive”",
    "softmax": "“exclusive” for this head",
    "grouped": "“exclusive” for this head",
}


@dataclass(frozen=True)
class DataPlan:
    """Which cases.

    Args:
        train: Number of synthetic cases, or of cases of a folder (0: all).
        validation: Number kept aside to choose the best weights; whole patients, where they are known.
        folds: Parts into which the cases of a folder are divided, in place of `validation`; 0 for none.
        fold: Which of them is kept aside, from 0.
        first_seed: Seed of the first synthetic case; validation seeds follow the training seeds.
    """

    train: int = 48
    validation: int = 4
    folds: int = 0
    fold: int = 0
    first_seed: int = 0


@dataclass(frozen=True)
class Training:
    """How the weights are found.

    Args:
        steps: Updates of the weights, at most.
        minutes: Time to end within, 0 for none; the schedule is spread over it. A training by the clock
            gives other weights each time.
        batch: Patches an update sees at once.
        crop: Voxels (z, y, x) of a window that are learned from at once, 0 for those of `patch`. Single slices of many
            cases teach more than neighbours, which look alike; a network that looks at neighbours is given them.
        accumulate: Batches per update.
        optimiser: ``"adamw"``, ``"adam"`` or ``"sgd"`` (Nesterov 0.99).
        learning_rate: At its highest.
        head_rate: How much faster the output layer learns.
        weight_decay: Of AdamW and SGD.
        schedule: Course of the learning rate.
        warmup: Share of the steps in which it climbs.
        clip: Largest norm of the gradient, 0 for none.
        ema: Decay of the averaged weights that are validated and kept, 0 for none.
        loss: A name in LOSSES.
        loss_with: Its arguments, e.g. ``{fn_weight = 0.8}``.
        foreground: Share of the patches that are placed on a label.
        freeze_norm_from: Share of the steps after which batch statistics stay fixed, so that the
            weights settle on the ones used for prediction; 1 for never.
        precision: ``"auto"`` is bf16 where the processor computes in it, else ``"fp32"``.
        validate_every: Steps between validations.
        patience: Validations without improvement before it stops, 0 for never.
        checkpoint_every: Steps between checkpoints.
        workers: Threads that draw patches ahead; -1 for none on the processor and most of its cores for a
            graphics card. The patches are the same.
        seed: Of weights and patches.
    """

    steps: int = 1000
    minutes: float = 0.0
    batch: int = 2
    crop: tuple[int, int, int] = (0, 0, 0)
    accumulate: int = 1
    optimiser: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = 1e-3
    head_rate: float = 1.0
    weight_decay: float = 1e-2
    schedule: ScheduleKind = "cosine"
    warmup: float = 0.05
    clip: float = 12.0
    ema: float = 0.99
    loss: str = "combined"
    loss_with: Mapping[str, Any] = field(default_factory=dict[str, Any])
    foreground: float = 0.6
    freeze_norm_from: float = 0.7
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    validate_every: int = 250
    patience: int = 0
    checkpoint_every: int = 100
    workers: int = -1
    seed: int = 1


@dataclass(frozen=True)
class Recipe:
    """A whole training.

    Args:
        name: Its name; the weights are called after it.
        network: A name in NETWORKS.
        text: What it is for.
        labels: Keys of the labels, one output each.
        head: How outputs become labels: ``"sigmoid"`` each for itself, ``"softmax"`` exclusive, ``"grouped"`` lungs
            and lesions each exclusive.
        spacing: mm (z, y, x) of the patches; z = 0 keeps the slices of each case, for networks that see one at a time.
        patch: Voxels (z, y, x).
        arch: Arguments of the network beside outputs and patch.
        intensity: Grey values.
        data: Which cases.
        training: How.
        augment: Random changes; None for none.
        start: Weights to begin with (an id, a file or a run folder) instead of random ones.
    """

    name: str
    network: str
    text: str = ""
    labels: tuple[str, ...] = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")
    head: HeadKind = "sigmoid"
    spacing: tuple[float, float, float] = (3.0, 2.5, 2.5)
    patch: tuple[int, int, int] = (32, 80, 80)
    arch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    intensity: Intensity = field(default_factory=Intensity)
    data: DataPlan = DataPlan()
    training: Training = Training()
    augment: Augmentation | None = field(default_factory=Augmentation)
    start: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            RecipeError: a value is out of its range.
        """
        training, data = self.training, self.data
        checks = (
            (len(self.labels) > 0 and len(set(self.labels)) == len(self.labels), "labels", "at least one, none twice"),
            (min(self.spacing[1:]) > 0 and self.spacing[0] >= 0, "spacing", "positive millimetres, z may be 0"),
            ((self.head == "sigmoid") != (training.loss == "exclusive"), "training.loss", _HEAD_WANTS[self.head]),
            (min(self.patch[1:]) >= 16 and self.patch[0] >= 1, "patch", "at least 16 voxels along y and x"),
            (data.train >= 0 and data.validation >= 0, "data", "no negative numbers of cases"),
            (data.folds == 0 or 0 <= data.fold < data.folds > 1, "data.folds", "0, or at least 2 and above fold"),
            (data.first_seed >= 0, "data.first_seed", "0 or more"),
            (training.steps >= 1, "training.steps", "at least 1"),
            (training.minutes >= 0, "training.minutes", "0 or more"),
            (training.batch >= 1 and training.accumulate >= 1, "training.batch and accumulate", "at least 1"),
            (all(n == 0 or n >= 16 for n in training.crop[1:]), "training.crop", "0, or at least 16 along y and x"),
            (training.crop[0] >= 0, "training.crop", "no negative number of slices"),
            (training.learning_rate > 0, "training.learning_rate", "above 0"),
            (0 <= training.warmup < 1, "training.warmup", "a share from 0 to below 1"),
            (0 <= training.ema < 1, "training.ema", "from 0 to below 1"),
            (0 <= training.foreground <= 1, "training.foreground", "a share from 0 to 1"),
            (0 < training.freeze_norm_from <= 1, "training.freeze_norm_from", "a share above 0, at most 1"),
            (training.validate_every >= 1, "training.validate_every", "at least 1"),
            (training.checkpoint_every >= 1, "training.checkpoint_every", "at least 1"),
            (training.workers >= -1, "training.workers", "-1 or more"),
        )
        for good, key, wanted in checks:
            if not good:
                raise RecipeError(
                    f"The recipe “{self.name}” cannot be trained.",
                    f"{key} is {_at(self, key)}; it must be {wanted}.",
                    "Correct the recipe.",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


def load(name_or_path: str | Path) -> Recipe:
    """Return a recipe that ships with the program, by name, or one in a TOML file.

    Raises:
        RecipeError: no such recipe, or it has unknown or impossible values.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        try:
            path = resource(f"recipes/{name_or_path}.toml")
        except ResourceError:
            near = difflib.get_close_matches(str(name_or_path), names(), n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Choose one of: {', '.join(names())}, or a .toml file."
            raise RecipeError(f"There is no recipe called “{name_or_path}”.", "", hint) from None
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"The recipe “{path.name}” does not exist.", f"Looked in {path.parent}.", "") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(
            f"The recipe “{path.name}” cannot be read.", f"{error}.", "Correct the file; it must be TOML."
        ) from error
    return from_dict(values, source=path.name)


def names() -> tuple[str, ...]:
    """Return the names of the recipes that ship with the program."""
    return tuple(sorted(p.stem for p in resource("recipes").glob("*.toml")))


def from_dict(values: Mapping[str, Any], *, source: str = "the recipe") -> Recipe:
    """Return the recipe plain values describe.

    Raises:
        RecipeError: an unknown key, a wrong type or an impossible value.
    """
    return build(Recipe, values, source)


def _at(recipe: Recipe, key: str) -> object:
    value: object = recipe
    for part in key.partition(" ")[0].split("."):
        value = getattr(value, part)
    return value
