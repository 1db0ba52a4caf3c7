"""The training loop: patches in, weights, curves and a card out.

A run is a folder::

    recipe.json         what was asked for
    environment.json    program, torch, processor, threads
    curves.jsonl        one line an update or validation
    state.safetensors   all that `resume` needs: weights, averages, optimiser
    last.safetensors    the averaged weights now, ready for use
    best.safetensors    those with the highest validation Dice
    card.toml           what they are
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.core.errors import Cancelled, GroundglassError, ModelError, RecipeError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.losses.combined import deep
from engine.losses.registry import LOSSES
from engine.losses.target import Target
from engine.nets.checkpoint import load
from engine.nets.heads import groups, output_count, start_groups
from engine.nets.layers import place
from engine.nets.registry import build
from engine.predict.torch_engine import has_bf16
from engine.train import run_folder
from engine.train.batches import Drawer
from engine.train.ema import Average, freeze_norms, steady_norms
from engine.train.prefetch import Ahead
from engine.train.recipe import Recipe
from engine.train.samples import Sample
from engine.train.schedule import factor
from engine.train.validate import scores
from engine.train.world import ALONE, World

Report = Callable[[dict[str, Any]], None]
_NORM_BATCHES = 24
"""Batches from which the statistics of batch normalisation are measured before they are frozen."""


@dataclass
class Trainer:
    """One training.

    Args:
        recipe: What to do.
        train: Reads the cases to learn from.
        validation: Reads the cases to choose the best weights by; may be empty.
        folder: The run.
        device: Where.
        progress: Told after every update.
        cancel: Looked at after every update; a checkpoint is written before leaving.
        report: Called with every line of the curves.
        world: The other processes of this training; only the first one writes.
    """

    recipe: Recipe
    train: Sequence[Callable[[], Sample]]
    validation: Sequence[Callable[[], Sample]]
    folder: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    progress: Progress = field(default_factory=NoProgress)
    cancel: CancelToken = field(default_factory=CancelToken)
    report: Report = field(default=lambda _line: None)
    world: World = ALONE

    def __post_init__(self) -> None:
        """Build network, loss and optimiser."""
        recipe, training = self.recipe, self.recipe.training
        torch.manual_seed(training.seed)
        arch = {
            "norm": "bn",
            **recipe.arch,
            "out_channels": output_count(recipe.head, recipe.labels),
            "patch": recipe.patch,
        }
        model = self.world.synchronised(build(recipe.network, arch), self.device)
        start_groups(model, recipe.head, recipe.labels)
        self.model = place(model, self.device)
        self.parallel = self.world.shared(self.model, self.device)
        self.loss = make_loss(recipe)
        self.optimiser = make_optimiser(self.model, recipe)
        self.average = Average(self.model, training.ema)
        frame = getattr(self.model, "frame", 0) if training.crop[0] else 0
        self._framed: dict[str, bool] = {"framed": True} if frame else {}
        self.drawer = Drawer(recipe, self.train, self.world.share(training.batch), frame=frame)
        self.step = 0
        self.best = -1.0
        self.waited = 0
        self.spent_s = 0.0
        self.frozen = False

    @property
    def share(self) -> float:
        """How much of the training is done, 0 … 1, by updates or by the clock."""
        training = self.recipe.training
        by_clock = self.spent_s / (60 * training.minutes) if training.minutes else 0.0
        return min(1.0, max(self.step / training.steps, by_clock))

    def run(self) -> dict[str, float]:
        """Train to the end and return the last validation's Dice per label.

        Raises:
            Cancelled: by the token; the run can be resumed.
            ModelError: the loss is no number any more.
            ResourceError: the disk is full.
        """
        self.model.train()
        if self.frozen:
            freeze_norms(self.model)
        ahead = Ahead(self.drawer, self.recipe.training.accumulate, _workers(self.recipe, self.device))
        try:
            return self._run(ahead)
        finally:
            ahead.close()

    def _run(self, ahead: Ahead) -> dict[str, float]:
        training = self.recipe.training
        dice: dict[str, float] = {}
        started = time.monotonic()
        while self.share < 1:
            if not self.frozen and self.share >= training.freeze_norm_from:
                self._freeze()
            line = self._update(ahead)
            self.step += 1
            self.spent_s = self.world.agree(self.spent_s + time.monotonic() - started)
            started = time.monotonic()
            self._tell({**line, "seconds": round(self.spent_s, 2)})
            stop, last = bool(self.world.agree(float(self.cancel.cancelled))), self.share >= 1
            if stop or last or self.step % training.checkpoint_every == 0:
                self.save()
            if stop:
                raise Cancelled
            if last or self.step % training.validate_every == 0:
                dice = self._validate_or_save() or dice
                if self._bored():
                    break
        self.save()
        # a run that was at its end already has nothing to do, and its last word stands in its curves
        return dice or next((dict(e["dice"]) for e in reversed(run_folder.read_curve(self.folder)) if "dice" in e), {})

    def _validate_or_save(self) -> dict[str, float]:
        try:
            return self._validate()
        except Cancelled:
            self.save()
            raise

    def _update(self, ahead: Ahead) -> dict[str, Any]:
        training = self.recipe.training
        rate = training.learning_rate * factor(training.schedule, self.share, warmup=training.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        self.optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for part in range(training.accumulate):
            x, target = ahead.batch(self.step, part)
            loss = self._forward(x, target) / training.accumulate
            value = float(loss.detach())
            if not math.isfinite(value):
                raise _diverged(self.step, value, rate)
            loss.backward()  # pyright: ignore[reportUnknownMemberType]
            total += value
        if training.clip:
            norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), training.clip))
            if not math.isfinite(norm):
                raise _diverged(self.step, norm, rate)
        self.optimiser.step()  # pyright: ignore[reportUnknownMemberType]
        self.average.update(self.model, self.step)
        return {"step": self.step + 1, "loss": round(total, 6), "rate": rate}

    def _forward(self, x: Tensor, target: Target) -> Tensor:
        x = x.to(self.device, memory_format=torch.channels_last_3d)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._bf16):
            outputs = self.parallel(x, **self._framed)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)  # several with deep supervision
        return deep(self.loss, outputs, target.to(self.device))

    @property
    def _bf16(self) -> bool:
        precision = self.recipe.training.precision
        # without the hardware bf16 convolutions take torch's slowest path: 30 times the time of fp32
        return precision == "bf16" or (precision == "auto" and has_bf16(self.device))

    def _freeze(self) -> None:
        """Measure the batch statistics over many patches and keep them from here on."""
        batches = (self.drawer.batch(self.recipe.training.steps + i)[0] for i in range(_NORM_BATCHES))
        steady_norms(self.model, batches, self.device, bf16=self._bf16, framed=bool(self._framed))
        freeze_norms(self.model)
        self.average.take_buffers(self.model)
        self.frozen = True

    def _validate(self) -> dict[str, float]:
        if not self.validation or not self.world.leads:
            return {}
        model = self.average.model.eval()
        samples = (read() for read in self.validation)
        dice = scores(model, self.recipe, samples, self.device, bf16=self._bf16, cancel=self.cancel)
        self._tell({"step": self.step, "dice": {k: round(v, 4) for k, v in dice.items()}})
        self.waited += 1
        if dice.get("mean", -1.0) > self.best:
            self.best, self.waited = dice["mean"], 0
            run_folder.write_weights(
                self.folder, "best", model, self.recipe, {"validation_dice": dice, "step": self.step}
            )
        return dice

    def _bored(self) -> bool:
        patience = self.recipe.training.patience
        return bool(patience) and self.world.agree(self.waited) >= patience

    def _tell(self, line: dict[str, Any]) -> None:
        if not self.world.leads:
            return
        run_folder.append_curve(self.folder, line)
        self.report(line)
        text = f"loss {line['loss']:.3f}" if "loss" in line else f"Dice {line['dice'].get('mean', float('nan')):.3f}"
        self.progress.update(self.step, self.recipe.training.steps, text)

    def save(self) -> None:
        """Write the state to resume from, and the averaged weights."""
        if not self.world.leads:
            return
        run_folder.write_state(
            self.folder,
            self.model,
            self.average.model,
            self.optimiser,
            {
                "step": self.step,
                "best": self.best,
                "waited": self.waited,
                "spent_s": self.spent_s,
                "frozen": float(self.frozen),
            },
        )
        figures: dict[str, Any] = {"step": self.step}
        run_folder.write_weights(self.folder, "last", self.average.model, self.recipe, figures)

    def start_from(self, path: Path) -> None:
        """Take over the weights in a file; the code of position is interpolated to this recipe's patch.

        Raises:
            ModelError: the file is damaged, or its network or labels are not those of the recipe.
        """
        source, card = load(path)
        if (card.network, card.labels, card.head) != (self.recipe.network, self.recipe.labels, self.recipe.head):
            raise ModelError(
                f"The training cannot start from “{path.name}”.",
                f"It holds {card.network} for {', '.join(card.labels)}; the recipe wants {self.recipe.network} for "
                f"{', '.join(self.recipe.labels)}.",
                "Choose other weights, or leave `start` out of the recipe.",
            )
        if hasattr(source, "set_patch"):
            source.set_patch(self.recipe.patch)  # pyright: ignore[reportCallIssue]
        try:
            self.model.load_state_dict(source.state_dict())
        except RuntimeError as error:
            raise ModelError(
                f"The training cannot start from “{path.name}”.",
                "Its network has other widths than that of the recipe.",
                "Choose other weights, or leave `start` out of the recipe.",
                details=str(error),
            ) from error
        self.average = Average(self.model, self.recipe.training.ema)

    def resume(self) -> None:
        """Go back to the state in the folder.

        Raises:
            ModelError: the state is damaged or of another recipe.
        """
        numbers = run_folder.read_state(self.folder, self.model, self.average.model, self.optimiser)
        self.step = int(numbers["step"])
        self.best, self.waited = float(numbers["best"]), int(numbers["waited"])
        self.spent_s, self.frozen = float(numbers["spent_s"]), bool(numbers["frozen"])
        run_folder.cut_curve(self.folder, self.step)


def _workers(recipe: Recipe, device: torch.device) -> int:
    asked = recipe.training.workers
    if asked >= 0:
        return asked
    return max(1, (os.cpu_count() or 2) - 2) if device.type == "cuda" else 0


def make_loss(recipe: Recipe) -> nn.Module:
    """Return the loss of the recipe.

    Raises:
        RecipeError: it does not know an argument.
    """
    training = recipe.training
    arguments = dict(training.loss_with)
    if recipe.head != "sigmoid":
        arguments["groups"] = [group.labels for group in groups(recipe.head, recipe.labels)]
    try:
        return LOSSES.get(training.loss)(**arguments)
    except TypeError as error:
        raise RecipeError(
            f"The loss “{training.loss}” cannot be made as the recipe “{recipe.name}” says.",
            f"{error}.",
            "Correct training.loss_with.",
        ) from error


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the optimiser of the recipe; weights of one dimension (norms, biases) do not decay.

    The output layer may learn faster: Adam moves a number by about the learning rate an update, and the
    bias of a rare label has a long way to go from "nearly nothing is lesion".
    """
    training = recipe.training
    named = [(".head." in f".{name}", p) for name, p in model.named_parameters() if p.requires_grad]
    decay, rate = training.weight_decay, training.head_rate
    groups: list[dict[str, Any]] = [
        {"params": [p for head, p in named if not head and p.ndim > 1], "weight_decay": decay, "scale": 1.0},
        {"params": [p for head, p in named if not head and p.ndim <= 1], "weight_decay": 0.0, "scale": 1.0},
        {"params": [p for head, p in named if head], "weight_decay": 0.0, "scale": rate},
    ]
    if training.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=training.learning_rate, momentum=0.99, nesterov=True)
    if training.optimiser == "adam":
        for group in groups:
            group["weight_decay"] = 0.0
        return torch.optim.Adam(groups, lr=training.learning_rate)
    return torch.optim.AdamW(groups, lr=training.learning_rate)


def _diverged(step: int, value: float, rate: float) -> GroundglassError:
    return ModelError(
        f"The training went astray at step {step + 1}.",
        f"The loss or its gradient is {value}, at a learning rate of {rate:.2g}.",
        "Lower training.learning_rate or set training.precision to “fp32”, then resume from the last checkpoint.",
    )
