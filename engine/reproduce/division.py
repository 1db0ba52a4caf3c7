"""Cases divided by patient, and the same cases divided slice by slice as the papers did.

Side by side they show the leak: neighbouring slices of a patient are nearly the same picture, and a network that has
seen one of them has seen the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.train.samples import Sample
from engine.train.split import Split

Reader = Callable[[], Sample]
By = Literal["patient", "slice"]


@dataclass(frozen=True)
class Divided:
    """Cases on two sides.

    Args:
        train: Read what is learned from.
        kept: Read what is measured.
        names: The same by name, and what keeps them apart.
    """

    train: list[Reader]
    kept: list[Reader]
    names: Split


def by_slice(cases: Sequence[Reader], share: float, block: int, seed: int) -> tuple[list[Reader], list[Reader]]:
    """Return readers of what is learned from and what is kept aside, the same patients on both sides.

    Args:
        cases: Volumes; each is read once to count its slices.
        share: Of the slices that is kept aside.
        block: Neighbouring slices that stay together: 1 for networks of slices, more for those of volumes.
        seed: Of the draw.
    """
    rng = np.random.default_rng(seed)
    train: list[Reader] = []
    kept: list[Reader] = []
    for read in cases:
        depth = read().hu.shape[0]
        pieces = np.array_split(np.arange(depth), max(1, round(depth / block)))
        aside = rng.random(len(pieces)) < share
        if block == 1:
            train += _one(read, np.flatnonzero(~aside))
            kept += _one(read, np.flatnonzero(aside))
        else:
            for piece, is_aside in zip(pieces, aside, strict=True):
                (kept if is_aside else train).append(partial(slices_of, read, piece))
    if not kept and len(train) > 1:
        kept.append(train.pop())
    return train, kept


def _one(read: Reader, slices: NDArray[np.intp]) -> list[Reader]:
    return [partial(slices_of, read, slices)] if slices.size else []


def slices_of(read: Reader, slices: NDArray[np.intp]) -> Sample:
    """Return some slices of a case as a case of their own."""
    case = read()
    parts = {name: np.ascontiguousarray(getattr(case, name)[slices]) for name in ("hu", "labels", "lungs")}
    infection = None if case.infection is None else np.ascontiguousarray(case.infection[slices])
    return replace(case, **parts, infection=infection)
