"""What a tool is. Views turn mouse events into `Pointer`s; tools never see Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from app.model.session import Plane, Session
from engine.case.delta import Change
from engine.core.types import FloatZyx


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is, in the case's own continuous voxel index.

    Args:
        index_zyx: Continuous index; voxel centres are whole numbers. May lie outside the volume.
        axis: Array axis (0, 1, 2) across the pane: the pane shows the two others.
        plane: The pane's name.
        ctrl: Ctrl held (inverts).
        shift: Shift held.
    """

    index_zyx: FloatZyx
    axis: int
    plane: Plane
    ctrl: bool = False
    shift: bool = False


@dataclass(frozen=True)
class Outline:
    """What a tool would touch, drawn over the pane under the mouse.

    Args:
        points_zyx: Corners in continuous voxel index, closed.
        text: Short words beside it, e.g. ``"12 mm"``.
        forbidden: Drawn in the warning colour: a release here would do nothing.
    """

    points_zyx: tuple[FloatZyx, ...]
    text: str = ""
    forbidden: bool = False


@dataclass
class NoOptions:
    """Options of a tool that has none."""


class Tool(Protocol):
    """One way to use the left mouse button. Made once per window with the session.

    Options are a dataclass instance: the options panel builds a control per field from its type
    (number, bool, Literal) and its ``metadata`` (``label``, ``unit``, ``low``, ``high``, ``step``, ``tip``;
    ``words`` gives the text of each value of a Literal; ``when`` names a bool field, or (field, value),
    without which the control is grey). Change them with `Session.change_options`.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    cursor: ClassVar[str]
    """``"cross"``, ``"none"`` (the outline is the cursor), ``"arrow"``."""
    options: Any

    def __init__(self, session: Session) -> None: ...

    def press(self, at: Pointer) -> None:
        """Begin; may set ``session.preview``."""
        ...

    def move(self, at: Pointer) -> None:
        """Go on with the button held."""
        ...

    def release(self, at: Pointer) -> Change | None:
        """End; what is returned goes through the history. The view applies it."""
        ...

    def outline(self, at: Pointer) -> Outline | None:
        """What the mouse would touch here, button up or down."""
        ...

    def cancel(self) -> None:
        """Drop what is in the air (Esc)."""
        ...

    def reason_against(self, at: Pointer) -> str | None:
        """Why a press here would do nothing, in one sentence, or None."""
        ...
