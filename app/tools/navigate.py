"""Move the crosshair; take up a label. The tool for looking, and what Esc comes back to."""

from __future__ import annotations

import math
from typing import ClassVar

from app.model.action import Action, Context, needs_case
from app.model.session import Session
from app.tools.base import NoOptions, Outline, Pointer
from app.tools.choose import tool_action
from engine.case.delta import Change
from engine.core.types import IndexZyx
from engine.geometry.box import Box

_KEYED_LABELS = 9


class Navigate:
    """Left click moves the crosshair; Ctrl+click makes the label under the mouse the active one."""

    id: ClassVar[str] = "navigate"
    title: ClassVar[str] = "Navigate"
    cursor: ClassVar[str] = "cross"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.options = NoOptions()

    def press(self, at: Pointer) -> None:
        """Move the crosshair here, or with Ctrl take the label."""
        if at.ctrl:
            self._take_label(at)
        else:
            self._session.set_cursor(nearest(at))

    def move(self, at: Pointer) -> None:
        """Drag the crosshair along."""
        if not at.ctrl:
            self._session.set_cursor(nearest(at))

    def release(self, at: Pointer) -> Change | None:
        """End; looking changes nothing."""
        self.move(at)
        return None

    def outline(self, _at: Pointer) -> Outline | None:
        """Return nothing: the crosshair is enough."""
        return None

    def cancel(self) -> None:
        """Do nothing: there is nothing in the air."""

    def reason_against(self, _at: Pointer) -> str | None:
        """Return why there is nothing to look at, or None."""
        return None if self._session.case is not None else "Open a case first."

    def _take_label(self, at: Pointer) -> None:
        case, voxel = self._session.case, nearest(at)
        if case is None or not Box.whole(case.volume.grid.shape_zyx).contains(voxel):
            return
        label = case.labelset.by_id(int(case.labels.data[voxel]))
        if label is None:
            self._session.message.emit("There is no label here.")
        else:
            self._session.set_label(label.id)
            self._session.message.emit(f"Active label: {label.name}.")


def nearest(at: Pointer) -> IndexZyx:
    """Return the voxel whose cell holds the pointer; it may lie outside the volume."""
    z, y, x = (math.floor(v + 0.5) for v in at.index_zyx)
    return (z, y, x)


def _escape(context: Context) -> None:
    session = context.session
    in_the_air = session.preview is not None
    tool = session.active_tool
    if tool is not None:
        tool.cancel()
    if not in_the_air:
        session.set_tool("navigate")


def _take(place: int) -> Action:
    """Return the action of the key `place`: the label at this place of the list; 0 is none."""

    def take(context: Context) -> None:
        case = context.session.case
        if case is not None:
            context.session.set_label(case.labelset.labels[place - 1].id if place else 0)

    def reason(context: Context) -> str | None:
        case = context.session.case
        if case is None:
            return needs_case(context)
        return None if place <= len(case.labelset) else f"There is no label {place}."

    if place == 0:
        return Action("label.none", "No label", "Erase with the brush.", take, keys=("0",), disabled_because=reason)
    tip = f"Make label {place} of the list the active one."
    return Action(f"label.{place}", f"Label {place}", tip, take, keys=(str(place),), disabled_because=reason)


def _next_label(context: Context) -> None:
    session = context.session
    if session.case is None or not len(session.case.labelset):
        return
    ids = [label.id for label in session.case.labelset]
    at = ids.index(session.label_id) if session.label_id in ids else -1
    session.set_label(ids[(at + 1) % len(ids)])


ACTIONS = (
    tool_action("navigate", "Navigate", "Move the crosshair.", key="", icon="crosshair", toolbar=21),
    Action(
        "tool.escape", "Drop or navigate", "Drop what is in the air; else take the navigate tool.", _escape,
        keys=("Esc",), menu="Tools", disabled_because=needs_case,
    ),
    *(_take(place) for place in range(1, _KEYED_LABELS + 1)),
    _take(0),
    Action(
        "label.next", "Next label", "Make the next label of the list the active one.", _next_label,
        keys=("`",), menu="Labels", disabled_because=needs_case,
    ),
)  # fmt: skip
