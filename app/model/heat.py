"""Values over the slices: what a network attends to, depends on, doubts. Several are known, one is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.types import IndexZyx
from engine.geometry.grid import Grid

HeatKind = Literal["explanation", "doubt"]


@dataclass(frozen=True, eq=False)
class Heat:
    """A layer of values from 0 to 1.

    Args:
        values: (z, y, x) on `grid`; only read. float32, or uint8 where 255 stands for 1, which takes a quarter.
        grid: Where they lie; any grid near the case, mostly a window of it.
        at_zyx: Voxel of the case they are about; None if they are about all of it.
        opacity: Of the strongest value, 0 … 1.
        shown: Whether it is seen.
        kind: What it tells; of each kind there is one.
    """

    values: NDArray[np.float32] | NDArray[np.uint8]
    grid: Grid
    at_zyx: IndexZyx | None
    opacity: float = 0.7
    shown: bool = True
    kind: HeatKind = "explanation"


class Heats:
    """The layers of a case: at most one of each kind, and at most one is seen."""

    def __init__(self) -> None:
        self._known: dict[HeatKind, Heat] = {}

    def put(self, heat: Heat) -> None:
        """Take a layer in the place of the one of its kind; if it is to be seen the others are hidden."""
        if heat.shown:
            self._known = {kind: replace(one, shown=False) for kind, one in self._known.items()}
        self._known[heat.kind] = heat

    def drop(self, kind: HeatKind | None = None) -> bool:
        """Forget the layer of a kind, or all; returns whether there was one."""
        before = len(self._known)
        self._known = {one: heat for one, heat in self._known.items() if kind not in {None, one}}
        return len(self._known) < before

    def of(self, kind: HeatKind) -> Heat | None:
        """Return the layer of a kind, seen or hidden."""
        return self._known.get(kind)

    @property
    def top(self) -> Heat | None:
        """The one that is seen, or else one that is hidden."""
        return max(self._known.values(), key=lambda one: one.shown, default=None)
