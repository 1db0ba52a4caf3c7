"""Paint the active label; with Ctrl take it away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from app.model.action import Action, Context, needs_case
from app.model.session import Session
from app.tools.base import Pointer
from app.tools.choose import tool_action
from app.tools.painting import LARGEST_MM, OVER, SMALLEST_MM, NibOptions, Over, Painting, Plan, over_ids
from app.tools.reasons import against_changing, against_editing
from engine.edit.allowed import Allowed, HuRange

_HU = {"unit": "HU", "decimals": 0, "low": -1024, "high": 3071, "step": 10, "when": "only_range"}


@dataclass
class BrushOptions(NibOptions):
    """What the brush can be told."""

    over: Over = field(default="everything", metadata=OVER)
    only_range: bool = field(
        default=False, metadata={"label": "Only this range", "tip": "Paint only voxels between the two values."}
    )
    low_hu: float = field(default=-750, metadata={"label": "From", "tip": "Lowest value that is painted.", **_HU})
    high_hu: float = field(default=-300, metadata={"label": "To", "tip": "Highest value that is painted.", **_HU})


class Brush(Painting[BrushOptions]):
    """The brush."""

    id: ClassVar[str] = "brush"
    title: ClassVar[str] = "Brush"

    def __init__(self, session: Session) -> None:
        super().__init__(session, BrushOptions())

    def plan(self, at: Pointer) -> Plan | str:
        """Return what a press here would do: paint, or with Ctrl (or label 0) erase."""
        session, options = self._session, self.options
        reason = against_editing(session)
        if reason or session.case is None:
            return reason or ""
        labelset = session.case.labelset
        if session.label_id == 0:
            return Plan(0, Allowed.of(labelset), "Erase")
        label = session.label
        if label is None or (reason := against_changing(label)):
            return reason or str(against_changing(None))
        if at.ctrl:
            return Plan(0, Allowed.of(labelset, over=[label.id]), f"Erase: {label.name}", "erase")
        hu = HuRange(options.low_hu, options.high_hu) if options.only_range else None
        allowed = Allowed.of(labelset, over=over_ids(options.over), hu=hu)
        notes = [hu.text] if hu else []
        if options.over != "everything":
            notes.append("empty only" if options.over == "empty" else "labelled only")
        return Plan(label.id, allowed, f"Brush: {label.name}", ", ".join(notes))


def _active_options(context: Context) -> NibOptions | None:
    options = getattr(context.session.active_tool, "options", None)
    return options if isinstance(options, NibOptions) else None


def _needs_nib(context: Context) -> str | None:
    return needs_case(context) or (
        None if _active_options(context) is not None else "This tool has no size. Take the brush (B) or the eraser (E)."
    )


def _resize(context: Context, factor: float) -> None:
    options = _active_options(context)
    if options is None:
        return
    old = options.radius_mm
    # A fifth more or less, in steps of half a millimetre, and always a step.
    new = round(old * factor * 2) / 2
    if new == old:
        new += 0.5 if factor > 1 else -0.5
    new = min(LARGEST_MM, max(SMALLEST_MM, new))
    context.session.change_options(context.session.tool, radius_mm=new)
    context.session.message.emit(f"Radius {new:g} mm")


def _larger(context: Context) -> None:
    _resize(context, 1.2)


def _smaller(context: Context) -> None:
    _resize(context, 1 / 1.2)


def _toggle_shape(context: Context) -> None:
    options = _active_options(context)
    if options is not None:
        shape = "ball" if options.shape == "disc" else "disc"
        context.session.change_options(context.session.tool, shape=shape)
        context.session.message.emit("Ball: paints neighbouring slices too." if shape == "ball" else "Disc: one slice.")


ACTIONS = (
    tool_action("brush", "Brush", "Paint the active label.", key="B", icon="brush", toolbar=22),
    Action(
        "tool.smaller", "Smaller brush", "Make the brush a fifth smaller.", _smaller,
        keys=("[",), menu="Tools", disabled_because=_needs_nib,
    ),
    Action(
        "tool.larger", "Larger brush", "Make the brush a fifth larger.", _larger,
        keys=("]",), menu="Tools", disabled_because=_needs_nib,
    ),
    Action(
        "tool.shape", "Disc or ball", "Switch between painting one slice and painting a ball.", _toggle_shape,
        keys=("D",), menu="Tools", icon="circle", disabled_because=_needs_nib,
    ),
)  # fmt: skip
