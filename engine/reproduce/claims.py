"""What the papers say: one TOML file a table in ``resources/tables``."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import InputError, ResourceError
from engine.core.paths import resource
from engine.core.typed import build
from engine.reproduce.size import Size, SizeName

MEASURES = ("dice", "sensitivity", "specificity", "precision", "accuracy")


@dataclass(frozen=True)
class Row:
    """One network of a table.

    Args:
        name: As the paper calls it.
        network: A name in NETWORKS.
        paper: Measure → value as printed, 0 to 1.
        arch: Arguments of the network; those of the recipe if it is the recipe's network and none are given.
        loss: A name in LOSSES; that of the recipe if empty.
        loss_with: Its arguments.
        augment: Whether patches are changed at random as the recipe says.
    """

    name: str
    network: str
    paper: Mapping[str, float]
    arch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    loss: str = ""
    loss_with: Mapping[str, Any] = field(default_factory=dict[str, Any])
    augment: bool = True


@dataclass(frozen=True)
class Sizes:
    """At what sizes a table can be trained beside the paper's.

    Args:
        medium: Some hours a row on a processor.
        small: A minute or two a row.
    """

    medium: Size | None = None
    small: Size | None = None


@dataclass(frozen=True)
class Table:
    """A table of a paper.

    Args:
        title: What it compares.
        paper: Which, and the number of the table.
        recipe: How its networks are trained.
        protocol: What the paper did.
        weakness: Why its figures cannot be taken at their word.
        rows: Baselines first, the paper's own network last.
        labels: What is found; that of the recipe if empty.
        sizes: Smaller than the paper's, the same for every row.
    """

    title: str
    paper: str
    recipe: str
    protocol: str
    weakness: str
    rows: tuple[Row, ...]
    labels: tuple[str, ...] = ()
    sizes: Sizes = Sizes()

    def size(self, name: SizeName) -> Size | None:
        """Return by how much the table is shortened at a size; None for the paper's own.

        Raises:
            InputError: the table has no such size.
        """
        found: Size | None = None if name == "paper" else getattr(self.sizes, name)
        if found is None and name != "paper":
            raise InputError(f"This table has no size “{name}”.", "", "Take --size paper with --steps or --minutes.")
        return found

    @property
    def measures(self) -> tuple[str, ...]:
        """What the paper printed, in our order."""
        return tuple(m for m in MEASURES if any(m in row.paper for row in self.rows))


def load(name: str) -> Table:
    """Return a table by its name.

    Raises:
        InputError: there is none of this name.
    """
    try:
        path = resource(f"tables/{name}.toml")
    except ResourceError:
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Choose one of: {', '.join(names())}."
        raise InputError(f"There is no table called “{name}”.", "", hint) from None
    return build(Table, tomllib.loads(path.read_text(encoding="utf-8")), path.name)


def names() -> tuple[str, ...]:
    """Return the names of the tables."""
    return tuple(sorted(p.stem for p in resource("tables").glob("*.toml")))
