"""Draw around something in a slice; inside of the line it gets the active label, with Ctrl it loses it."""

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


@dataclass
class OutlineOptions:
    """What drawing around can be told."""

    over: Over = field(default="everything", metadata=OVER)


class Freehand:
    """Draw around."""

    id: ClassVar[str] = "outline"
    title: ClassVar[str] = "Outline"
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.options = OutlineOptions()
        self._points: list[FloatZyx] = []
        self._axis = 0
        self._erase = False

    def press(self, at: Pointer) -> None:
        """Begin the line."""
        reason = self.reason_against(at)
        if reason:
            self._session.message.emit(reason)
            return
        self._points, self._axis, self._erase = [at.index_zyx], at.axis, at.ctrl
        self._follow(at)

    def move(self, at: Pointer) -> None:
        """Draw on; the line stays in the slice it began in."""
        if self._points and at.axis == self._axis:
            self._follow(at)

    def release(self, at: Pointer) -> Change | None:
        """Close the line and fill it."""
        case = self._session.case
        if not self._points or case is None:
            return None
        self.move(at)
        points, erase, label = self._points, self._erase or self._session.label_id == 0, self._session.label
        self.cancel()
        region = polygon(points, self._axis, case.volume.grid.shape_zyx)
        if region is None:
            return None
        label_id = 0 if erase or label is None else label.id
        over = [label.id] if self._erase and label is not None else over_ids(self.options.over)
        part = region.box.slices
        allowed = Allowed.of(case.labelset, over=over).mask(case.labels.data[part], case.volume.hu[part], label_id)
        title = f"{'Erase' if erase else 'Outline'}: {label.name if label else 'all'}"
        return Region(region.box, region.mask & allowed).delta(case.labels, label_id, title=title)

    def cancel(self) -> None:
        """Drop the line."""
        self._points = []

    def outline(self, at: Pointer) -> Outline | None:
        """Return the line so far, closed."""
        if not self._points or at.axis != self._axis:
            return None
        return Outline((*self._points, self._points[0]), "erase" if self._erase else "")

    def reason_against(self, _at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        reason = against_editing(self._session)
        return reason or (against_changing(self._session.label) if self._session.label_id else None)

    def _follow(self, at: Pointer) -> None:
        place = list(at.index_zyx)
        place[self._axis] = math.floor(self._points[0][self._axis] + 0.5)
        point = (float(place[0]), float(place[1]), float(place[2]))
        if point != self._points[-1]:
            self._points.append(point)


ACTIONS = (
    tool_action("outline", "Outline", "Draw around something in a slice.", key="G", icon="pentagon", toolbar=24),
)  # fmt: skip
