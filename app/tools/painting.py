"""What brush, eraser and threshold brush share: a stroke from press to release, drawn live."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Generic, Literal, TypeVar

from app.model.session import Preview, Session
from app.tools.base import Outline, Pointer
from engine.case.delta import Change
from engine.core.types import FloatZyx
from engine.edit.allowed import Allowed
from engine.edit.brush import Nib, Stroke

Shape = Literal["disc", "ball"]
Over = Literal["everything", "empty", "labelled"]

CORNERS = 64
_ANGLES = tuple(2 * math.pi * (k % CORNERS) / CORNERS for k in range(CORNERS + 1))
_ROUND = tuple((math.sin(angle), math.cos(angle)) for angle in _ANGLES)
SMALLEST_MM, LARGEST_MM = 0.5, 60.0
_SHAPE_TIP = "A disc paints one slice; a ball paints the neighbouring slices too (D)."
_OVER_TIP = "What the brush may overwrite. Locked labels never change."


@dataclass
class NibOptions:
    """Size and form, the same for everything that paints."""

    radius_mm: float = field(
        default=6.0,
        metadata={
            "label": "Radius",
            "unit": "mm",
            "low": SMALLEST_MM,
            "high": LARGEST_MM,
            "step": 0.5,
            "tip": "Size of the brush in the patient ([ and ], or Shift and the wheel).",
        },
    )
    shape: Shape = field(
        default="disc",
        metadata={"label": "Shape", "words": {"disc": "Disc, one slice", "ball": "Ball"}, "tip": _SHAPE_TIP},
    )


OVER = {
    "label": "Paint over",
    "words": {"everything": "Everything", "empty": "Only where no label is", "labelled": "Only inside other labels"},
    "tip": _OVER_TIP,
}
"""Metadata of an option of the type `Over`."""

Options = TypeVar("Options", bound=NibOptions)


@dataclass(frozen=True)
class Plan:
    """What a press would do.

    Args:
        label_id: What is painted; 0 erases.
        allowed: What may be overwritten.
        title: For the history.
        note: Restrictions, shown beside the cursor so that nobody wonders why nothing is painted.
    """

    label_id: int
    allowed: Allowed
    title: str
    note: str = ""


class Painting(Generic[Options]):
    """Base of the tools that paint strokes; they say what to paint in `plan`.

    Args:
        session: The window's session.
        options: Size, form, and what else the tool can be told.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    cursor: ClassVar[str] = "none"

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session
        self.options = options
        self._stroke: Stroke | None = None
        self._plan: Plan | None = None

    def plan(self, at: Pointer) -> Plan | str:
        """Return what a press here would do, or the reason why it would do nothing."""
        raise NotImplementedError

    def press(self, at: Pointer) -> None:
        """Begin a stroke."""
        case, plan = self._session.case, self.plan(at)
        if case is None or isinstance(plan, str):
            self._session.message.emit(str(plan))
            return
        nib = Nib(self.options.radius_mm, at.axis if self.options.shape == "disc" else None)
        self._plan = plan
        self._stroke = Stroke(case.labels, case.volume.hu, nib, plan.label_id, plan.allowed)
        self.move(at)

    def move(self, at: Pointer) -> None:
        """Draw on; only the new piece is computed and repainted."""
        stroke = self._stroke
        if stroke is None:
            return
        changed = stroke.to(at.index_zyx)
        if changed is not None and stroke.box is not None:
            self._session.set_preview(Preview(stroke.box, stroke.values), repaint=changed)

    def release(self, at: Pointer) -> Change | None:
        """End the stroke; returns it as one change."""
        stroke, plan = self._stroke, self._plan
        if stroke is None or plan is None:
            return None
        stroke.to(at.index_zyx)
        change = stroke.delta(title=plan.title)
        self.cancel()
        return change

    def cancel(self) -> None:
        """Drop the stroke in the air."""
        if self._stroke is not None:
            self._stroke = self._plan = None
            self._session.set_preview(None)

    def reason_against(self, at: Pointer) -> str | None:
        """Return why a press here would do nothing, or None."""
        plan = self.plan(at)
        return plan if isinstance(plan, str) else None

    def outline(self, at: Pointer) -> Outline | None:
        """Return the circle of the brush in the pane: a circle in millimetres."""
        case = self._session.case
        if case is None:
            return None
        plan = self._plan or self.plan(at)
        radius = self.options.radius_mm
        note = "" if isinstance(plan, str) else plan.note
        text = f"{radius:g} mm" + (f" · {note}" if note else "")
        ring = circle(at.index_zyx, at.axis, radius, case.volume.grid.spacing_zyx_mm)
        return Outline(ring, text, forbidden=isinstance(plan, str))


def circle(centre: FloatZyx, axis: int, radius_mm: float, spacing_mm: FloatZyx) -> tuple[FloatZyx, ...]:
    """Return a closed circle of `radius_mm` across `axis`, in continuous index (an ellipse there)."""
    z, y, x = centre
    return tuple([(z + dz, y + dy, x + dx) for dz, dy, dx in _ring(axis, radius_mm, spacing_mm)])


@lru_cache(maxsize=16)
def _ring(axis: int, radius_mm: float, spacing_mm: FloatZyx) -> tuple[FloatZyx, ...]:
    """Return the circle about the origin: it follows every move of the mouse and seldom changes."""
    first, second = (a for a in range(3) if a != axis)
    down, along = radius_mm / spacing_mm[first], radius_mm / spacing_mm[second]
    points: list[FloatZyx] = []
    for sine, cosine in _ROUND:
        point = [0.0, 0.0, 0.0]
        point[first], point[second] = down * sine, along * cosine
        points.append((point[0], point[1], point[2]))
    return tuple(points)


def over_ids(over: Over) -> frozenset[int] | None:
    """Return the ids that an option of `over_field` lets be overwritten, or None for all."""
    return {"everything": None, "empty": frozenset({0}), "labelled": frozenset(range(1, 256))}[over]
