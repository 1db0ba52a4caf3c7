"""What was drawn in a folder of cases, told by the names of the masks before anything is read or learned.

A label that was drawn in no case has no part in the loss: nothing would be said, and its output would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.core.errors import InputError
from engine.io.case_folders import mask_files
from engine.io.picture_pairs import holds_pictures, read_meaning

_FOLLOW = {
    "lung": ("lung_right", "lung_left"),
    "infection": ("ground_glass", "consolidation"),
}
"""A mask of the whole teaches its parts: lungs are told apart by side, the parts of an infection as a union."""


def never_drawn(labels: Iterable[str], data: Path, cases: Iterable[str]) -> tuple[str, ...]:
    """Return which of `labels` no case of a folder can teach, in their order.

    Args:
        labels: Keys, as in a recipe.
        data: Folder of cases or of pictures.
        cases: Names of those that are learned from.

    Raises:
        InputError: none of them can be taught at all.
    """
    wanted = tuple(labels)
    sets = [set(read_meaning(data).values())] if holds_pictures(data) else [set(mask_files(data / c)) for c in cases]
    teach = set[str]().union(*map(_taught_by, sets))
    missing = tuple(label for label in wanted if label not in teach)
    if len(missing) == len(wanted):
        drawn = sorted(set[str]().union(*sets))
        raise InputError(
            f"Nothing in “{data.name}” can be learned with this recipe.",
            f"It is about {', '.join(wanted)}; drawn were {', '.join(drawn) or 'none'}.",
            "Give cases with masks of these names, or correct the labels of the recipe.",
        )
    return missing


def _taught_by(masks: set[str]) -> set[str]:
    wholes = {whole for whole, parts in _FOLLOW.items() if masks.issuperset(parts)}
    return masks.union(wholes, *(_FOLLOW.get(key, ()) for key in masks))
