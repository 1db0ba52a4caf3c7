"""Measure a distance in millimetres."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from app.model.session import Session
from app.tools.base import NoOptions, Outline, Pointer
from app.tools.choose import tool_action
from engine.case.delta import Change


class Ruler:
    """Press, drag, read. The line stays until the next one."""

    id: ClassVar[str] = "ruler"
    title: ClassVar[str] = "Ruler"
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.options = NoOptions()
        self._from: Pointer | None = None
        self._to: Pointer | None = None
        self._held = False
        session.case_changed.connect(self.cancel)

    @property
    def length_mm(self) -> float | None:
        """Length of the line, or None without one."""
        case = self._session.case
        if case is None or self._from is None or self._to is None:
            return None
        ends = case.volume.grid.to_lps([self._from.index_zyx, self._to.index_zyx])
        return float(np.linalg.norm(ends[1] - ends[0]))

    def press(self, at: Pointer) -> None:
        """Begin a line."""
        reason = self.reason_against(at)
        if reason:
            self._session.message.emit(reason)
            return
        self._from = self._to = at
        self._held = True

    def move(self, at: Pointer) -> None:
        """Pull its end."""
        if self._held and self._from is not None and at.axis == self._from.axis:
            self._to = at

    def release(self, at: Pointer) -> Change | None:
        """Leave it there; measuring changes nothing."""
        self.move(at)
        self._held = False
        if self.length_mm is not None:
            self._session.message.emit(f"{self.length_mm:.1f} mm")
        return None

    def cancel(self) -> None:
        """Take the line away."""
        self._from = self._to = None
        self._held = False

    def outline(self, at: Pointer) -> Outline | None:
        """Return the line with its length, in the slice it was drawn in."""
        if self._from is None or self._to is None or self.length_mm is None or at.axis != self._from.axis:
            return None
        if round(at.index_zyx[at.axis]) != round(self._from.index_zyx[at.axis]):
            return None
        return Outline((self._from.index_zyx, self._to.index_zyx), f"{self.length_mm:.1f} mm")

    def reason_against(self, _at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        return None if self._session.case is not None else "Open a case first."


ACTIONS = (tool_action("ruler", "Ruler", "Measure a distance.", key="R", icon="ruler", toolbar=28),)
