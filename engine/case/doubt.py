"""How unsure a network was: a map over the scan, and between which volumes each label may lie. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case.records import pack_labels, unpack_labels
from engine.core.types import LabelArray
from engine.geometry.box import Box


@dataclass(frozen=True)
class Interval:
    """Between which volumes that of a label may lie, by the word of the network that drew it.

    It belongs to the label as the network left it: where a person has drawn since, it says nothing.

    Args:
        key: Of the label.
        voxels: How many the network gave the label; with another number the label is another one.
        low_ml: What the network is sure of; at most what it gave the label.
        high_ml: What it holds for possible; at least what it gave the label.
        meaning: One sentence: how it was found, and how often the truth lay within.
    """

    key: str
    voxels: int
    low_ml: float
    high_ml: float
    meaning: str = ""


def standing(intervals: tuple[Interval, ...], key: str, voxels: int) -> Interval | None:
    """Return the interval of a label that has so many voxels now; None if it has none or was changed since."""
    return next((i for i in intervals if i.key == key and i.voxels == voxels), None)


@dataclass(frozen=True)
class DoubtMap:
    """How undecided a network was, voxel by voxel: 0 sure … 255 a coin. Compressed, as it is nothing nearly everywhere.

    Args:
        box: Where it lies, in the index of the case.
        packed: uint8 of the box's shape, as of :func:`engine.case.records.pack_labels`.
    """

    box: Box
    packed: bytes

    @classmethod
    def of(cls, values: LabelArray, box: Box) -> DoubtMap:
        """Return the map of an array (z, y, x) uint8 on `box`."""
        return cls(box, pack_labels(values))

    def values(self) -> LabelArray:
        """Return (z, y, x) uint8 of the box, read-only.

        Raises:
            FormatError: it is damaged.
        """
        return unpack_labels(self.packed, self.box.shape)

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.packed)
