"""Take labels away; with Ctrl paint the active one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.painting import NibOptions, Painting, Plan
from app.tools.reasons import against_changing, against_editing
from engine.case.document import Case
from engine.case.labelset import Label
from engine.edit.allowed import Allowed
from engine.geometry.box import Box

_NEAR_MM = 60.0


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
    leave: Literal["nothing", "lung"] = field(
        default="nothing",
        metadata={
            "label": "Leaves",
            "words": {"nothing": "No label", "lung": "The lung around it"},
            "tip": "What is there afterwards. Where a lesion was none, the lung should be whole again.",
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
        everything = not at.ctrl and (self.options.erase == "all" or session.label_id == 0)
        if everything and len(labelset) and all(x.locked for x in labelset):
            return "Every label is locked. Unlock one in the list of labels."
        if not everything and (label is None or (reason := against_changing(label))):
            return reason or str(against_changing(None))
        if at.ctrl and label is not None:
            return Plan(label.id, Allowed.of(labelset), f"Brush: {label.name}", "paint")
        left = self._left(session.case, at)
        return (against_changing(left) if left is not None else None) or self._erasing(
            session.case, left, everything=everything
        )

    def _erasing(self, case: Case, left: Label | None, *, everything: bool) -> Plan:
        name = self._session.label.name if self._session.label and not everything else ""
        if everything:
            # What cannot be seen is not taken away by the way; a lung does not become the other one.
            hidden = frozenset(x.id for x in case.labelset if not x.visible)
            over = None if left is None else frozenset(range(1, 256)) - _lungs(case)
            allowed = Allowed(case.labelset.locked_ids | hidden, over)
        else:
            allowed = Allowed.of(case.labelset, over=[self._session.label_id])
        title = f"Erase: {name}" if name else "Erase"
        note = name if left is None else f"{name} → {left.name}".strip()
        return Plan(left.id if left else 0, allowed, title, note)

    def _left(self, case: Case, at: Pointer) -> Label | None:
        """Return the lung that is nearest to the pointer in its slice, or None if nothing is to be left."""
        if self.options.leave == "nothing":
            return None
        grid = case.volume.grid
        z, y, x = (math.floor(v + 0.5) for v in at.index_zyx)
        here = Box((z, y, x), (z + 1, y + 1, x + 1))
        reach = [0 if axis == at.axis else math.ceil(_NEAR_MM / s) for axis, s in enumerate(grid.spacing_zyx_mm)]
        box = here.padded((reach[0], reach[1], reach[2])).clipped(grid.shape_zyx)
        nearest: tuple[float, Label] | None = None
        for lung in (case.labelset.by_id(label_id) for label_id in sorted(_lungs(case))):
            places = np.argwhere(case.labels.data[box.slices] == (lung.id if lung else 0)) + box.start_zyx
            if lung is None or len(places) == 0:
                continue
            away = float((((places - at.index_zyx) * grid.spacing_zyx_mm) ** 2).sum(axis=1).min())
            if nearest is None or away < nearest[0]:
                nearest = away, lung
        return nearest[1] if nearest else None


def _lungs(case: Case) -> frozenset[int]:
    return frozenset(x.id for x in case.labelset if x.key in ("lung_right", "lung_left"))


ACTIONS = (tool_action("eraser", "Eraser", "Take labels away.", key="E", icon="eraser", toolbar=23),)
