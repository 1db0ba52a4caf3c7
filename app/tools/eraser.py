"""Take labels away; with Ctrl paint the active one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.painting import NibOptions, Painting, Plan
from app.tools.reasons import against_changing, against_editing
from engine.edit.allowed import Allowed


@dataclass
class EraserOptions(NibOptions):
    """What the eraser can be told."""

    erase: Literal["active", "all"] = field(
        default="all",
        metadata={
            "label": "Erase",
            "words": {"active": "Only the active label", "all": "Every label"},
            "tip": "Which labels are taken away. Locked labels never change.",
        },
    )


class Eraser(Painting[EraserOptions]):
    """The eraser."""

    id: ClassVar[str] = "eraser"
    title: ClassVar[str] = "Eraser"

    def __init__(self, session: Session) -> None:
        super().__init__(session, EraserOptions())

    def plan(self, at: Pointer) -> Plan | str:
        """Return what a press here would do: erase, or with Ctrl paint."""
        session = self._session
        reason = against_editing(session)
        if reason or session.case is None:
            return reason or ""
        labelset, label = session.case.labelset, session.label
        if not at.ctrl and (self.options.erase == "all" or session.label_id == 0):
            if len(labelset) and all(x.locked for x in labelset):
                return "Every label is locked. Unlock one in the list of labels."
            hidden = frozenset(x.id for x in labelset if not x.visible)
            # What cannot be seen is not taken away by the way.
            return Plan(0, Allowed(labelset.locked_ids | hidden), "Erase", "")
        if label is None or (reason := against_changing(label)):
            return reason or str(against_changing(None))
        if at.ctrl:
            return Plan(label.id, Allowed.of(labelset), f"Brush: {label.name}", "paint")
        return Plan(0, Allowed.of(labelset, over=[label.id]), f"Erase: {label.name}", label.name)


ACTIONS = (tool_action("eraser", "Eraser", "Take labels away.", key="E", icon="eraser", toolbar=23),)
