"""Distances the person measured: kept with the case, undone and redone like everything else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.case.delta import YOU, Change, Target
from engine.case.distance import Distance
from engine.case.records import pack_parts
from engine.geometry.box import Box

if TYPE_CHECKING:
    from engine.case.document import Case


@dataclass(frozen=True)
class DistancesChange:
    """One measured distance more or less."""

    before: tuple[Distance, ...]
    after: tuple[Distance, ...]
    title: str
    author: str = YOU
    at: float = field(default_factory=time.time)

    @property
    def box(self) -> Box | None:
        """No voxel changes."""
        return None

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        return 256 + 128 * (len(self.before) + len(self.after))

    def do(self, case: Target) -> None:
        """Show the new ones."""
        case.distances = self.after

    def undo(self, case: Target) -> None:
        """Show the old ones."""
        case.distances = self.before

    def on(self, case: Case) -> Change | None:
        """Return the change from those that are there now."""
        return None if case.distances == self.after else replace(self, before=case.distances)

    def to_bytes(self) -> bytes:
        """Return the form kept in the journal."""
        head: dict[str, Any] = {
            "kind": "distances",
            "before": [x.as_list() for x in self.before],
            "after": [x.as_list() for x in self.after],
            "title": self.title,
            "author": self.author,
            "at": self.at,
        }
        return pack_parts(head)
