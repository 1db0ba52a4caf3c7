"""What is handed over: labels with everything that must be said about them, and nothing of a patient."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case.doubt import Interval
from engine.case.labelset import LabelSet
from engine.core.types import LabelArray
from engine.geometry.grid import Grid


@dataclass(frozen=True, eq=False)
class Handover:
    """The labels of a case as they leave the program.

    Args:
        name: Neutral name of the case.
        labels: (z, y, x) ids.
        grid: Where the voxels lie.
        labelset: What the ids are called.
        authors: Who made them: ``"you"``, ids of models.
        warnings: What was noticed about the source.
        version: Of the program.
        intervals: Between which volumes the labels may lie, by the network that drew them.
    """

    name: str
    labels: LabelArray
    grid: Grid
    labelset: LabelSet
    authors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    intervals: tuple[Interval, ...] = ()
