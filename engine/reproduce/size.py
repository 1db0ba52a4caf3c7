"""A table at a size that a processor can train: coarser pictures, narrower networks, fewer updates.

All rows are shortened alike.
The ratio of the networks' widths stays, and so does the field of view; what is lost is detail, capacity and time. So
the rows of a shortened table can be compared with each other, and with nothing that was printed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.core.words import counted
from engine.nets.registry import make_arch
from engine.train.recipe import Recipe

SizeName = Literal["paper", "medium", "small"]
SIZES: tuple[SizeName, ...] = ("paper", "medium", "small")
ONLY_ROWS = "not comparable with the paper's figures, only rows with each other"
_CHANNELS = ("cardinality", "heads", "attention_width")
_PARTS = {2: "half", 4: "a quarter"}


@dataclass(frozen=True)
class Size:
    """By how much a table is shortened.

    Args:
        coarser: Spacing over the paper's, (z, y, x); as many times fewer voxels along each axis.
        narrower: The paper's channels over these, at every level of every network.
        batch: Patches an update sees.
        steps: Updates a row.
        learning_rate: Higher than the paper's, as there are fewer updates.
    """

    coarser: tuple[int, int, int]
    narrower: int
    batch: int
    steps: int
    learning_rate: float


def at_size(recipe: Recipe, size: Size) -> Recipe:
    """Return a row's recipe at a smaller size."""
    z, y, x = (max(1, round(voxels / factor)) for voxels, factor in zip(recipe.patch, size.coarser, strict=True))
    sz, sy, sx = (mm * factor for mm, factor in zip(recipe.spacing, size.coarser, strict=True))
    training = replace(recipe.training, batch=size.batch, steps=size.steps, learning_rate=size.learning_rate)
    return replace(
        recipe,
        patch=(z, y, x),
        spacing=(sz, sy, sx),
        arch=narrowed(recipe.network, recipe.arch, size.narrower),
        training=training,
    )


def narrowed(network: str, arch: Any, by: int) -> dict[str, Any]:  # noqa: ANN401 - a mapping of plain values
    """Return the arguments of a network with `by` times fewer channels at every level.

    Groups and heads grow fewer, not thinner, so that a group and a head do what the paper's do.

    Raises:
        ModelError: unknown arguments, or it cannot be built so narrow.
    """
    whole = make_arch(network, arch)
    fewer: dict[str, Any] = {"widths": tuple(max(1, width // by) for width in whole.widths)}
    fewer |= {key: max(1, getattr(whole, key) // by) for key in _CHANNELS if hasattr(whole, key)}
    narrow = {**arch, **fewer}
    make_arch(network, narrow)
    return narrow


def said(paper: Recipe, row: Recipe, narrower: int) -> str:
    """Return in what a row is shorter than the paper's, ready to be printed; empty if in nothing.

    Args:
        paper: As published.
        row: As trained.
        narrower: The paper's channels over these.
    """
    parts: list[str] = []
    if row.patch != paper.patch:
        parts.append(f"{_view(row)} in place of {_view(paper)}")
    if narrower > 1:
        parts.append(f"networks with {_PARTS.get(narrower, f'1/{narrower}')} of their channels")
    before, now = paper.training, row.training
    if now.minutes:
        parts.append(f"{now.minutes:g} min a row, {_batch(row)} an update, in place of {_updates(paper)}")
    elif now.steps < before.steps or now.batch < before.batch:
        parts.append(f"{_updates(row)} in place of {_updates(paper)}")
    if now.learning_rate != before.learning_rate:
        parts.append(f"a learning rate of {now.learning_rate:g} in place of {before.learning_rate:g}")
    return f"shortened: {', '.join(parts)}; {ONLY_ROWS}" if parts else ""


def _view(recipe: Recipe) -> str:
    (z, y, x), (mm_z, mm_y, mm_x) = recipe.patch, recipe.spacing
    if z == 1 and not mm_z:
        return f"slices of {y} × {x} at {mm_y:g} mm"
    return f"patches of {z} × {y} × {x} at {mm_z:g} × {mm_y:g} × {mm_x:g} mm"


def _updates(recipe: Recipe) -> str:
    return f"{counted(recipe.training.steps, 'update')} of {_batch(recipe)}"


def _batch(recipe: Recipe) -> str:
    one = recipe.patch[0] == 1
    return counted(recipe.training.batch, "slice" if one else "patch", "slices" if one else "patches")
