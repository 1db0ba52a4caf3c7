"""Draw around something in a slice, freehand or from corner to corner; inside it gets the active label."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from app.model.session import Session
from app.tools.base import Outline, Pointer
from app.tools.choose import tool_action
from app.tools.painting import OVER, Over, over_ids
from app.tools.reasons import against_changing, against_editing
from engine.case.delta import Change
from engine.core.types import FloatZyx
from engine.edit.allowed import Allowed
from engine.edit.polygon import polygon
from engine.edit.region import Region

_CLICK = 1.0
_NEAR = 2.5
"""Voxels."""


@dataclass
class OutlineOptions:
    """What drawing around can be told."""

    over: Over = field(default="everything", metadata=OVER)


class Freehand:
    """Draw around with the button held, or click from corner to corner; a second click on a corner closes."""

    id: ClassVar[str] = "outline"
    title: ClassVar[str] = "Outline"
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.options = OutlineOptions()
        self._points: list[FloatZyx] = []
        self._axis = 0
        self._erase = False
        self._held = False
        self._by_corners = False
        self._closing = False
        session.case_changed.connect(self.cancel)
        session.tool_changed.connect(self.cancel)

    @property
    def in_the_air(self) -> bool:
        """Whether corners wait to be closed: Esc drops them before it leaves the tool."""
        return self._by_corners

    def press(self, at: Pointer) -> None:
        """Begin the line, or set its next corner."""
        reason = self.reason_against(at)
        if reason:
            self._session.message.emit(reason)
            return
        self._held = True
        if self._by_corners and self._in_slice(at):
            self._closing = self._closes(at)
            if not self._closing:
                self._follow(at)
            return
        self.cancel()
        self._held = True
        self._points, self._axis, self._erase = [at.index_zyx], at.axis, at.ctrl
        self._follow(at)

    def move(self, at: Pointer) -> None:
        """Draw on; the line stays in the slice it began in."""
        if self._points and at.axis == self._axis and not self._closing:
            self._follow(at)

    def release(self, at: Pointer) -> Change | None:
        """Close the line and fill it; after a mere click, and between corners, it stays open."""
        if not self._points or self._session.case is None or not self._held:
            return None
        self.move(at)
        self._held = False
        if self._by_corners and not self._closing:
            return None
        if not self._by_corners and not self._was_drawn():
            self._points, self._by_corners = self._points[:1], True
            self._session.message.emit("Click from corner to corner; a second click on a corner closes, Esc drops.")
            return None
        return self._filled()

    def cancel(self) -> None:
        """Drop the line."""
        self._points = []
        self._held = self._by_corners = self._closing = False

    def outline(self, at: Pointer) -> Outline | None:
        """Return the line so far, closed; between corners it reaches to the mouse."""
        if not self._points or at.axis != self._axis:
            return None
        points = self._points
        if self._by_corners and not self._held:
            if not self._in_slice(at):
                return None
            points = [*points, self._in_plane(at)] if not self._closes(at) else points
        return Outline((*points, points[0]), "erase" if self._erase else "")

    def reason_against(self, _at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        reason = against_editing(self._session)
        return reason or (against_changing(self._session.label) if self._session.label_id else None)

    def _filled(self) -> Change | None:
        case = self._session.case
        points, erase, label = self._points, self._erase or self._session.label_id == 0, self._session.label
        only_own = self._erase
        self.cancel()
        region = polygon(points, self._axis, case.volume.grid.shape_zyx) if case is not None else None
        if region is None or case is None:
            return None
        label_id = 0 if erase or label is None else label.id
        over = [label.id] if only_own and label is not None else over_ids(self.options.over)
        part = region.box.slices
        allowed = Allowed.of(case.labelset, over=over).mask(case.labels.data[part], case.volume.hu[part], label_id)
        title = f"{'Erase' if erase else 'Outline'}: {label.name if label else 'all'}"
        return Region(region.box, region.mask & allowed).delta(case.labels, label_id, title=title)

    def _was_drawn(self) -> bool:
        """Whether the mouse went further than a click's tremble."""
        return any(_apart(point, self._points[0]) > _CLICK for point in self._points)

    def _closes(self, at: Pointer) -> bool:
        """Whether a click here is one on the first corner or, as a double click, on the last."""
        here = self._in_plane(at)
        return len(self._points) > 2 and (
            _apart(here, self._points[0]) <= _NEAR or _apart(here, self._points[-1]) <= _CLICK
        )

    def _in_slice(self, at: Pointer) -> bool:
        first = self._points[0][self._axis]
        return at.axis == self._axis and math.floor(at.index_zyx[at.axis] + 0.5) == math.floor(first + 0.5)

    def _in_plane(self, at: Pointer) -> FloatZyx:
        place = list(at.index_zyx)
        place[self._axis] = math.floor(self._points[0][self._axis] + 0.5)
        return (float(place[0]), float(place[1]), float(place[2]))

    def _follow(self, at: Pointer) -> None:
        point = self._in_plane(at)
        if point != self._points[-1]:
            self._points.append(point)


def _apart(a: FloatZyx, b: FloatZyx) -> float:
    return max(abs(p - q) for p, q in zip(a, b, strict=True))


_TIP = "Draw around something in a slice, or click from corner to corner."

ACTIONS = (tool_action("outline", "Outline", _TIP, key="G", icon="pentagon", toolbar=24),)
