"""The labels of a case: number, name, colour, lock. Immutable; a change makes a new set."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from engine.core.errors import FormatError, InputError
from engine.core.paths import resource

MAX_LABEL = 255
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Label:
    """One structure.

    Args:
        id: Value in the label map, 1 … 255.
        key: Stable name for programs, e.g. ``"ground_glass"``.
        name: Name on screen, e.g. ``"Ground-glass"``.
        colour: ``"#rrggbb"``.
        locked: No edit and no network may change its voxels.
        visible: Whether it is drawn.
        fill: Whether it is drawn filled, or as an outline only.
    """

    id: int
    key: str
    name: str
    colour: str
    locked: bool = False
    visible: bool = True
    fill: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.id <= MAX_LABEL:
            raise InputError(f"Label {self.id} cannot be used.", f"Labels run from 1 to {MAX_LABEL}.")
        if not _COLOUR.fullmatch(self.colour):
            raise InputError(f"“{self.colour}” is no colour.", "", "Write it as #rrggbb.")

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green, blue, 0 … 255."""
        value = int(self.colour[1:], 16)
        return value >> 16, value >> 8 & 255, value & 255

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "colour": self.colour,
            "locked": self.locked,
            "visible": self.visible,
            "fill": self.fill,
        }


@dataclass(frozen=True)
class LabelSet:
    """Labels in the order they are listed; ids and keys are unique."""

    labels: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        ids, keys = [x.id for x in self.labels], [x.key for x in self.labels]
        for what, twice in (("number", _repeated(ids)), ("key", _repeated(keys))):
            if twice is not None:
                raise InputError(f"Two labels have the {what} {twice}.", "", "Give one of them another.")

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def by_id(self, label_id: int) -> Label | None:
        """Return the label with this number, or None."""
        return next((x for x in self.labels if x.id == label_id), None)

    def by_key(self, key: str) -> Label | None:
        """Return the label with this key, or None."""
        return next((x for x in self.labels if x.key == key), None)

    @property
    def locked_ids(self) -> frozenset[int]:
        """Numbers of the labels that must not change."""
        return frozenset(x.id for x in self.labels if x.locked)

    def free_id(self) -> int:
        """Return the smallest number not in use.

        Raises:
            InputError: all 255 are taken.
        """
        used = {x.id for x in self.labels}
        for candidate in range(1, MAX_LABEL + 1):
            if candidate not in used:
                return candidate
        raise InputError("No label number is free.", f"All {MAX_LABEL} are in use.", "Remove a label first.")

    def adding(self, label: Label) -> LabelSet:
        """Return the set with one more label at the end."""
        return LabelSet((*self.labels, label))

    def without(self, label_id: int) -> LabelSet:
        """Return the set without the label of this number."""
        return LabelSet(tuple(x for x in self.labels if x.id != label_id))

    def changing(self, label_id: int, **changes: Any) -> LabelSet:
        """Return the set with some fields of one label changed."""
        return LabelSet(tuple(replace(x, **changes) if x.id == label_id else x for x in self.labels))

    def as_list(self) -> list[dict[str, Any]]:
        """Return plain data for JSON."""
        return [x.as_dict() for x in self.labels]

    @classmethod
    def from_list(cls, rows: list[dict[str, Any]]) -> LabelSet:
        """Return the set from plain data.

        Raises:
            FormatError: a field is missing or unknown.
        """
        try:
            return cls(tuple(Label(**row) for row in rows))
        except TypeError as error:
            raise FormatError("The list of labels is damaged.", str(error), "Choose another label set.") from error


def _repeated(values: Sequence[object]) -> object | None:
    return next((v for i, v in enumerate(values) if v in values[:i]), None)


@lru_cache(maxsize=8)
def read_labelset(name: str) -> LabelSet:
    """Return a label set of ``resources/labelsets/NAME.toml``."""
    data = tomllib.loads(resource(f"labelsets/{name}.toml").read_text(encoding="utf-8"))
    return LabelSet.from_list(data["label"])


def default_labelset() -> LabelSet:
    """Return the program's own labels: right and left lung, ground-glass, consolidation, effusion."""
    return read_labelset("lung-lesions")
