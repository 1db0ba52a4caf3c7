"""Paint only voxels of a range: the usual one of the active label, or one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.painting import OVER, NibOptions, Over, Painting, Plan, over_ids
from app.tools.reasons import against_changing, against_editing
from engine.case.labelset import Label
from engine.edit.allowed import Allowed, HuRange
from engine.edit.threshold import usual_range

_HU = {"unit": "HU", "decimals": 0, "low": -1024, "high": 3071, "step": 10, "when": ("range", "own")}


@dataclass
class ThresholdOptions(NibOptions):
    """What the threshold brush can be told."""

    range: Literal["label", "own"] = field(
        default="label",
        metadata={
            "label": "Range",
            "words": {"label": "Usual for the label", "own": "My own"},
            "tip": "Ground-glass −750 to −300 HU, consolidation −300 to 150 HU; labels of your own have none.",
        },
    )
    low_hu: float = field(default=-750, metadata={"label": "From", "tip": "Lowest value that is painted.", **_HU})
    high_hu: float = field(default=-300, metadata={"label": "To", "tip": "Highest value that is painted.", **_HU})
    over: Over = field(default="everything", metadata=OVER)


class Threshold(Painting[ThresholdOptions]):
    """The threshold brush."""

    id: ClassVar[str] = "threshold"
    title: ClassVar[str] = "Threshold brush"

    def __init__(self, session: Session) -> None:
        super().__init__(session, ThresholdOptions(radius_mm=12.0))

    def plan(self, at: Pointer) -> Plan | str:
        """Return what a press here would do: paint, or with Ctrl take away, what lies in the range."""
        session = self._session
        reason = against_editing(session) or against_changing(session.label)
        if reason or session.case is None or session.label is None:
            return reason or ""
        label = session.label
        hu = self._range(label)
        if at.ctrl:
            allowed = Allowed.of(session.case.labelset, over=[label.id], hu=hu)
            return Plan(0, allowed, f"Threshold erase: {label.name}", f"erase {hu.text}")
        allowed = Allowed.of(session.case.labelset, over=over_ids(self.options.over), hu=hu)
        return Plan(label.id, allowed, f"Threshold brush: {label.name}", hu.text)

    def _range(self, label: Label) -> HuRange:
        own = HuRange(self.options.low_hu, self.options.high_hu)
        return own if self.options.range == "own" else usual_range(label) or own


ACTIONS = (
    tool_action(
        "threshold", "Threshold brush", "Paint only voxels of the label's range.", key="T", icon="contrast", toolbar=25
    ),
)
