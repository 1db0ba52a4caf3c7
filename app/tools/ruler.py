"""Measure distances in millimetres; they are kept with the case."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from app.look.figures import mm
from app.model.session import Session
from app.tools.base import NoOptions, Outline, Pointer
from app.tools.choose import tool_action
from engine.case.delta import Change
from engine.case.distance import Distance
from engine.case.measurement import DistancesChange
from engine.core.types import FloatZyx

_LEAST = 0.5
_NEAR = 3.0
"""Voxels."""


class Ruler:
    """Press, drag, read. With Ctrl a click on a line takes it away."""

    id: ClassVar[str] = "ruler"
    title: ClassVar[str] = "Ruler"
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.options = NoOptions()
        self._from: Pointer | None = None
        self._to: Pointer | None = None
        self._removing: Distance | None = None
        session.case_changed.connect(self.cancel)

    @property
    def length_mm(self) -> float | None:
        """Length of the line that is being drawn, or None."""
        case, line = self._session.case, self._line()
        return None if case is None or line is None else line.mm(case.volume.grid)

    def press(self, at: Pointer) -> None:
        """Begin a line, or with Ctrl take hold of one."""
        reason = self.reason_against(at)
        if reason:
            self._session.message.emit(reason)
            return
        if at.ctrl:
            self._removing = self._under(at)
        else:
            self._from = self._to = at

    def move(self, at: Pointer) -> None:
        """Pull its end."""
        if self._from is not None and at.axis == self._from.axis:
            self._to = at

    def release(self, at: Pointer) -> Change | None:
        """Keep the line, or take the one away that was clicked."""
        self.move(at)
        case, line, removing = self._session.case, self._line(), self._removing
        self.cancel()
        if case is None:
            return None
        if removing is not None:
            left = tuple(x for x in case.distances if x != removing)
            return DistancesChange(case.distances, left, f"Ruler: {mm(removing.mm(case.volume.grid))} removed")
        if line is None or max(abs(p - q) for p, q in zip(line.start_zyx, line.end_zyx, strict=True)) < _LEAST:
            return None  # a mere click
        text = mm(line.mm(case.volume.grid))
        self._session.message.emit(text)
        return DistancesChange(case.distances, (*case.distances, line), f"Ruler: {text}")

    def cancel(self) -> None:
        """Drop the line in the air."""
        self._from = self._to = self._removing = None

    def outline(self, at: Pointer) -> Outline | None:
        """Return the line in the air with its length, or with Ctrl the one a click would take away."""
        case, line = self._session.case, self._line()
        if case is None:
            return None
        if line is None:
            under = self._under(at) if at.ctrl else None
            return None if under is None else Outline((under.start_zyx, under.end_zyx), "remove", forbidden=True)
        if at.axis != line.axis or _slice(at) != line.slice_index:
            return None
        return Outline((line.start_zyx, line.end_zyx), mm(line.mm(case.volume.grid)))

    def reason_against(self, _at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        return None if self._session.case is not None else "Open a case first."

    def _line(self) -> Distance | None:
        if self._from is None or self._to is None:
            return None
        axis, index = self._from.axis, float(_slice(self._from))
        return Distance(_at_slice(self._from, axis, index), _at_slice(self._to, axis, index), axis)

    def _under(self, at: Pointer) -> Distance | None:
        """Return the nearest kept line under the mouse."""
        case = self._session.case
        here = [x for x in (case.distances if case else ()) if x.axis == at.axis and x.slice_index == _slice(at)]
        near = [(_away(_at_slice(at, at.axis, float(_slice(at))), x), n) for n, x in enumerate(here)]
        best = min(near, default=(math.inf, -1))
        return here[best[1]] if best[0] <= _NEAR else None


def _slice(at: Pointer) -> int:
    return math.floor(at.index_zyx[at.axis] + 0.5)


def _at_slice(at: Pointer, axis: int, index: float) -> FloatZyx:
    z, y, x = (index if k == axis else v for k, v in enumerate(at.index_zyx))
    return (z, y, x)


def _away(point: FloatZyx, line: Distance) -> float:
    """Return how far a point is from a line, in voxels."""
    p, a, b = (np.array(v) for v in (point, line.start_zyx, line.end_zyx))
    along = b - a
    share = float(np.clip((p - a) @ along / max(float(along @ along), 1e-12), 0.0, 1.0))
    return float(np.linalg.norm(p - a - share * along))


_TIP = "Measure a distance; it is kept with the case. Ctrl+click takes one away."
ACTIONS = (tool_action("ruler", "Ruler", _TIP, key="R", icon="ruler", toolbar=28),)
