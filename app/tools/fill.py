"""Click to fill: a drawn outline, what looks alike in the slice, or what looks alike in the volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.clicking import Clicking, Found, locked_here
from app.tools.painting import OVER, Over, over_ids
from app.tools.reasons import against_changing
from engine.case.document import Case
from engine.core.types import IndexZyx
from engine.edit.allowed import Allowed
from engine.edit.fill import fill_outline, flood_slice, grow, values_like
from engine.edit.region import Region


@dataclass
class FillOptions:
    """What filling can be told."""

    mode: Literal["outline", "slice", "volume"] = field(
        default="volume",
        metadata={
            "label": "Fill",
            "words": {
                "outline": "A closed outline, this slice",
                "slice": "Alike values, this slice",
                "volume": "Alike values, in 3-D",
            },
            "tip": "What hangs together with the clicked voxel.",
        },
    )
    tolerance_hu: float = field(
        default=80,
        metadata={
            "label": "Alike within", "unit": "HU", "decimals": 0, "low": 5, "high": 500, "step": 5,
            "tip": "How far values may be from those under the click.",
        },
    )  # fmt: skip
    reach_mm: float = field(
        default=40,
        metadata={
            "label": "No farther than", "unit": "mm", "low": 5, "high": 200, "step": 5, "when": ("mode", "volume"),
            "tip": "Growing stops at this distance from the click.",
        },
    )  # fmt: skip
    over: Over = field(default="everything", metadata=OVER)


class Fill(Clicking):
    """Fill and grow."""

    id: ClassVar[str] = "fill"
    title: ClassVar[str] = "Fill"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.options = FillOptions()

    def refusal(self, case: Case, voxel: IndexZyx, at: Pointer) -> str | None:
        """Return why a click here would do nothing, or None."""
        if self._session.label_id != 0 and (reason := against_changing(self._session.label)):
            return reason
        return locked_here(case, voxel)

    def note(self, at: Pointer) -> str:
        """Return the words beside the cursor."""
        options = self.options
        verb = "erase" if at.ctrl else "fill"
        if options.mode == "outline":
            return f"{verb} outline"
        words = f"{verb} ± {options.tolerance_hu:g} HU"
        return f"{words}, up to {options.reach_mm:g} mm" if options.mode == "volume" else words

    def find(self, case: Case, voxel: IndexZyx, at: Pointer) -> Found | str:
        """Return the region under the click; with Ctrl it loses the active label."""
        session = self._session
        erase = at.ctrl or session.label_id == 0
        label_id = 0 if erase else session.label_id
        over = [session.label_id] if at.ctrl and session.label_id else over_ids(self.options.over)
        region = self._region(case, voxel, at.axis, Allowed.of(case.labelset, over=over), label_id)
        if region is None:
            return "This voxel may not be changed with these options. See “Paint over”."
        if self.options.mode == "outline" and not region.whole:
            return "The outline is open: the region reaches the edge of the slice."
        note = f"{region.ml(case.volume.grid.voxel_ml):.1f} ml"
        if not region.whole:
            note += f", stopped {region.reach_mm:.0f} mm from the click"
        name = session.label.name if session.label else ""
        title = f"Fill: {name}" if not erase else f"Erase region: {name}".rstrip(": ")
        return Found(region, label_id, title, note)

    def _region(self, case: Case, voxel: IndexZyx, axis: int, allowed: Allowed, label_id: int) -> Region | None:
        options, labels, hu = self.options, case.labels, case.volume.hu
        if options.mode == "outline":
            region = fill_outline(labels, voxel, axis)
            part = region.box.slices
            mask = region.mask & allowed.mask(labels.data[part], hu[part], label_id)
            return Region(region.box, mask, whole=region.whole) if mask.any() else None
        alike = Allowed(allowed.locked, allowed.over, values_like(hu, voxel, options.tolerance_hu))
        if options.mode == "slice":
            return flood_slice(labels, hu, voxel, axis, alike, label_id)
        return grow(labels, hu, voxel, alike, label_id, reach_mm=options.reach_mm)


ACTIONS = (
    tool_action("fill", "Fill", "Click to fill what hangs together.", key="K", icon="paint-bucket", toolbar=26),
)  # fmt: skip
