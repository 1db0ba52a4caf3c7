"""Which of our labels a label of another program means: proposed by name, decided by the user."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.case.labelset import LabelSet
from engine.case.volume import Notice
from engine.core.errors import InputError
from engine.core.types import LabelArray
from engine.geometry.grid import Grid

SYNONYMS: dict[str, tuple[str, ...]] = {
    "lung_right": ("right lung", "lung right", "r lung", "rl", "lunge rechts", "rechte lunge", "right lung field"),
    "lung_left": ("left lung", "lung left", "l lung", "ll", "lunge links", "linke lunge", "left lung field"),
    "ground_glass": (
        "ground glass", "groundglass", "ground glass opacity", "ground glass opacities", "ggo", "ggos", "infection",
        "covid infection", "covid", "covid 19", "pneumonia", "milchglas",
    ),
    "consolidation": ("consolidations", "konsolidierung", "consolidated lung", "dense consolidation"),
    "effusion": ("pleural effusion", "pleural fluid", "pleuraerguss", "erguss", "hydrothorax"),
}  # fmt: skip
"""Other programs' words, in lower case without punctuation, for the keys of our labels. An infection that is
not divided further is ground-glass unless the label set has a label for it."""


@dataclass(frozen=True, eq=False)
class ForeignMask:
    """A mask as another program wrote it, on the grid of the volume it is opened over.

    Args:
        index: (z, y, x) uint8; k stands for ``values[k]``, 0 is background.
        values: The original values; ``values[0]`` is 0.
        counts: Original value → voxels, without background.
        names: Original value → name, where the file or its JSON tells one.
        colours: Original value → ``"#rrggbb"``, where told.
        keys: Original value → stable name, where this program wrote it.
        grid: Where it lies.
        stem: The file's name without its ending; names the label of a mask that holds only one.
        notices: What must be said.
    """

    index: LabelArray
    values: tuple[int, ...]
    counts: Mapping[int, int]
    grid: Grid
    names: Mapping[int, str] = field(default_factory=dict)
    colours: Mapping[int, str] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)
    stem: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Match:
    """Which of our labels a foreign value becomes.

    Args:
        value: Original value.
        name: Original name, may be empty.
        label_id: Our label, or None: the user must say.
        why: How it was found: ``"key"``, ``"name"``, ``"synonym"``, ``"number"``, or empty.
    """

    value: int
    name: str
    label_id: int | None
    why: str = ""


def match_labels(mask: ForeignMask, labelset: LabelSet) -> tuple[Match, ...]:
    """Return, for every value of the mask, the label it most likely means; unknown ones are left to the user.

    Tried in this order: our own key, the same name, the name without case and punctuation, known synonyms,
    and, only where the file names nothing at all, the same number.
    """
    by_name = {x.name: x.id for x in labelset}
    by_plain = {_plain(word): x.id for x in labelset for word in (x.name, x.key)}
    by_synonym = {word: x.id for x in labelset for word in SYNONYMS.get(x.key, ())}
    by_synonym |= {_plain(x.name): x.id for x in labelset}
    found: list[Match] = []
    for value in mask.counts:
        name = mask.names.get(value, mask.stem if len(mask.counts) == 1 else "")
        own = labelset.by_key(mask.keys.get(value, ""))
        plain = _plain(name)
        if own is not None:
            found.append(Match(value, name, own.id, "key"))
        elif name in by_name:
            found.append(Match(value, name, by_name[name], "name"))
        elif plain and plain in by_plain:
            found.append(Match(value, name, by_plain[plain], "name"))
        elif plain in by_synonym:
            found.append(Match(value, name, by_synonym[plain], "synonym"))
        elif not mask.names and labelset.by_id(value) is not None and len(mask.counts) > 1:
            found.append(Match(value, name, value, "number"))
        else:
            found.append(Match(value, name, None))
    return tuple(found)


def apply_mapping(mask: ForeignMask, mapping: Mapping[int, int | None]) -> LabelArray:
    """Return our label map of a foreign mask.

    Args:
        mask: As read.
        mapping: Original value → label id; None or missing leaves its voxels background.

    Raises:
        InputError: a label id outside 0 … 255, or a value the mask does not have.
    """
    unknown = set(mapping) - set(mask.values)
    wrong = [i for i in mapping.values() if i is not None and not 0 <= i <= 255]
    if unknown or wrong:
        raise InputError(
            "The labels of the mask cannot be taken over like this.",
            f"Values it does not have: {sorted(unknown)}; label numbers out of 0 to 255: {wrong}.",
            "Choose a label for each value listed.",
        )
    table = np.zeros(256, dtype=np.uint8)
    for k, value in enumerate(mask.values[1:], start=1):
        table[k] = mapping.get(value) or 0
    return table[mask.index]


def _plain(name: str) -> str:
    """Return a name in lower case, without accents and punctuation, words one space apart."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join(re.split(r"[^a-z0-9]+", letters)).strip()
