"""What tools share that find a region at a click: shown while the button is held, kept when it is let go."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from app.model.session import Preview, Session
from app.tools.base import Outline, Pointer
from app.tools.painting import circle
from app.tools.reasons import against_editing
from engine.case.delta import Change
from engine.case.document import Case
from engine.core.types import IndexZyx
from engine.edit.region import Region
from engine.geometry.box import Box

_MARK_MM = 1.5


@dataclass(frozen=True)
class Found:
    """What a click would change.

    Args:
        region: Where.
        label_id: What it becomes.
        title: For the history.
        note: For the task bar.
    """

    region: Region
    label_id: int
    title: str
    note: str = ""


class Clicking:
    """Base of the tools that answer a click with a region; they say which in `find`."""

    id: ClassVar[str]
    title: ClassVar[str]
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Found | None = None
        self._writes = 0

    def refusal(self, case: Case, voxel: IndexZyx, at: Pointer) -> str | None:
        """Return why a click on this voxel would do nothing, or None. Asked with every move of the mouse."""
        raise NotImplementedError

    def find(self, case: Case, voxel: IndexZyx, at: Pointer) -> Found | str:
        """Return what a click changes, or why nothing."""
        raise NotImplementedError

    def note(self, at: Pointer) -> str:
        """Return the words beside the cursor."""
        raise NotImplementedError

    def press(self, at: Pointer) -> None:
        """Find the region and show it."""
        case, voxel = self._session.case, self._voxel(at)
        reason = self.reason_against(at)
        if reason or case is None or voxel is None:
            self._session.message.emit(reason or "")
            return
        found = self.find(case, voxel, at)
        if isinstance(found, str):
            self._session.message.emit(found)
            return
        self._found, self._writes = found, case.labels.writes
        self._session.set_preview(Preview(found.region.box, found.region.values(case.labels, found.label_id)))
        self._session.message.emit(found.note)

    def move(self, _at: Pointer) -> None:
        """Do nothing: the click has decided."""

    def release(self, _at: Pointer) -> Change | None:
        """Keep what was shown."""
        case, found = self._session.case, self._found
        if case is None or found is None:
            return None
        same = case.labels.writes == self._writes
        self.cancel()
        return found.region.delta(case.labels, found.label_id, title=found.title) if same else None

    def cancel(self) -> None:
        """Drop what is shown."""
        if self._found is not None:
            self._found = None
            self._session.set_preview(None)

    def reason_against(self, at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        reason = against_editing(self._session)
        case = self._session.case
        if reason or case is None:
            return reason
        voxel = self._voxel(at)
        return "This is outside the volume." if voxel is None else self.refusal(case, voxel, at)

    def outline(self, at: Pointer) -> Outline | None:
        """Return a small ring around the place that will be clicked."""
        case = self._session.case
        if case is None:
            return None
        ring = circle(at.index_zyx, at.axis, _MARK_MM, case.volume.grid.spacing_zyx_mm)
        return Outline(ring, self.note(at), forbidden=self.reason_against(at) is not None)

    def _voxel(self, at: Pointer) -> IndexZyx | None:
        z, y, x = (math.floor(v + 0.5) for v in at.index_zyx)
        case = self._session.case
        inside = case is not None and Box.whole(case.volume.grid.shape_zyx).contains((z, y, x))
        return (z, y, x) if inside else None


def locked_here(case: Case, voxel: IndexZyx) -> str | None:
    """Return that the label under the mouse is locked, or None."""
    label = case.labelset.by_id(int(case.labels.data[voxel]))
    return f"“{label.name}” is locked. Unlock it in the list of labels." if label and label.locked else None
