"""Click a piece of a label: another label for it, away with it, or keep nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.clicking import Clicking, Found, locked_here
from app.tools.reasons import against_changing
from engine.case.document import Case
from engine.core.types import IndexZyx
from engine.edit.islands import island_at
from engine.edit.region import Region, label_box
from engine.geometry.box import Box


@dataclass
class IslandOptions:
    """What a click on a piece does."""

    act: Literal["relabel", "remove", "keep"] = field(
        default="relabel",
        metadata={
            "label": "A click",
            "words": {
                "relabel": "gives the piece the active label",
                "remove": "takes the piece away",
                "keep": "keeps only this piece of its label",
            },
            "tip": "With Ctrl a click always takes the piece away.",
        },
    )


class Islands(Clicking):
    """Pieces of labels."""

    id: ClassVar[str] = "islands"
    title: ClassVar[str] = "Islands"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.options = IslandOptions()

    def refusal(self, case: Case, voxel: IndexZyx, at: Pointer) -> str | None:
        """Return why a click here would do nothing, or None."""
        here = int(case.labels.data[voxel])
        if here == 0:
            return "There is no label here."
        if reason := locked_here(case, voxel):
            return reason
        if self._act(at) != "relabel":
            return None
        if here == self._session.label_id:
            return "The piece has the active label already. Choose the label it should get."
        return against_changing(self._session.label)

    def note(self, at: Pointer) -> str:
        """Return the words beside the cursor."""
        if self._act(at) == "relabel":
            return f"→ {self._session.label.name}" if self._session.label else ""
        return "remove" if self._act(at) == "remove" else "keep only this"

    def find(self, case: Case, voxel: IndexZyx, at: Pointer) -> Found | str:
        """Return the piece under the click and what becomes of it."""
        region = island_at(case.labels, voxel)
        label = case.labelset.by_id(int(case.labels.data[voxel]))
        if region is None:
            return "There is no label here."
        name = label.name if label else str(case.labels.data[voxel])
        ml = f"{region.ml(case.volume.grid.voxel_ml):.1f} ml"
        if self._act(at) == "relabel" and self._session.label is not None:
            target = self._session.label
            return Found(region, target.id, f"Island: {name} → {target.name}", ml)
        if self._act(at) == "remove":
            return Found(region, 0, f"Remove island: {name}", ml)
        rest = _the_others(case, voxel, region)
        return Found(rest, 0, f"Keep one island: {name}", ml) if rest.mask.any() else "There is no other piece."

    def _act(self, at: Pointer) -> str:
        return "remove" if at.ctrl else self.options.act


def _the_others(case: Case, voxel: IndexZyx, region: Region) -> Region:
    label_id = int(case.labels.data[voxel])
    box = label_box(case.labels, label_id) or region.box
    others = case.labels.data[box.slices] == label_id
    shared = box.intersection(region.box)
    others[_inside(shared, box)] &= ~region.mask[_inside(shared, region.box)]
    return Region(box, others)


def _inside(box: Box, outer: Box) -> tuple[slice, slice, slice]:
    z, y, x = (slice(a - o, b - o) for a, b, o in zip(box.start_zyx, box.stop_zyx, outer.start_zyx, strict=True))
    return (z, y, x)


ACTIONS = (
    tool_action("islands", "Islands", "Click a piece to give it another label.", key="I", icon="diamond", toolbar=27),
)
