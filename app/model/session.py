"""The one observable state of the window: open case, tool, label, cursor, window, overlay.

The patient's truth is in the case and changes only through its history; everything else that panels,
tools and views share is here. They watch the session and never each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from app.model.doubt import Doubts
from app.model.heat import Heat, HeatKind, Heats
from engine.case.delta import Change, LabelSetChange
from engine.case.document import Case
from engine.case.labelset import Label
from engine.case.volume import Volume
from engine.core.types import IndexZyx, LabelArray
from engine.geometry.box import Box
from engine.geometry.hu import LUNG, Window

Plane = Literal["axial", "coronal", "sagittal"]
PLANES: tuple[Plane, Plane, Plane] = ("axial", "coronal", "sagittal")
SlabMode = Literal["off", "mip", "mean", "minip"]
LayoutName = Literal["large", "grid", "single", "compare", "volume"]


@dataclass(frozen=True)
class Overlay:
    """How labels are drawn over the slices.

    Args:
        opacity: Of the fill, 0 … 1.
        outlines_only: Draw every label as an outline.
        hidden: Draw none (while H is held).
    """

    opacity: float = 0.35
    outlines_only: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Slab:
    """Thick slab through which a pane looks.

    Args:
        mode: ``"off"``, maximum, mean or minimum intensity.
        thickness_mm: 1 … 50.
    """

    mode: SlabMode = "off"
    thickness_mm: float = 10.0


@dataclass(frozen=True, eq=False)
class Preview:
    """What a tool would change, drawn but not yet in the case.

    Args:
        box: Where, in the case's own voxel index.
        values: uint8 ids of the box's shape as they would become.
        accept_hint: Words for the task bar, e.g. ``"Enter keeps, Esc drops"``; empty for a stroke in the air.
    """

    box: Box
    values: LabelArray
    accept_hint: str = ""


class Session(QObject):
    """Observable state; every setter tells only when something changed."""

    case_changed = Signal()
    """Another case is open, or none."""
    volume_filled = Signal(int, int)
    """Slices [start, stop) of the volume have been read into its array."""
    volume_ready = Signal()
    """The volume is whole; notices are final."""
    labels_changed = Signal(object)
    """A `Change` was done, undone or redone; its box is to be repainted."""
    preview_changed = Signal(object)
    """The preview is another; the argument is the Box to repaint."""
    cursor_moved = Signal()
    window_changed = Signal()
    tool_changed = Signal()
    options_changed = Signal(str)
    """The options of a tool were changed; the argument is the tool's id."""
    label_changed = Signal()
    overlay_changed = Signal()
    heat_changed = Signal()
    """Another heat layer lies over the slices, or none."""
    slab_changed = Signal()
    interpolate_changed = Signal()
    layout_changed = Signal()
    pointer_moved = Signal(object)
    """Voxel under the mouse (IndexZyx) or None."""
    pane_asked = Signal(str)
    """A key asks the pane that has the keyboard for something (``"up"``, ``"fit"``); the workspace passes it on."""
    message = Signal(str)
    """A short sentence for the task bar."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._case: Case | None = None
        self._unwatch: Callable[[], None] | None = None
        self._cursor: IndexZyx = (0, 0, 0)
        self._window = LUNG
        self._tool = "navigate"
        self._find_tool: Callable[[str], Any] | None = None
        self._label_id = 3
        self._overlay = Overlay()
        self._slab = Slab()
        self._interpolate = True
        self._layout: LayoutName = "large"
        self._maximised: str | None = None
        self._preview: Preview | None = None
        self._heats = Heats()
        self.doubts = Doubts(self)
        """What networks doubt about the case."""
        self.loading = False

    # --- the case -------------------------------------------------------------------------------
    @property
    def case(self) -> Case | None:
        """The open case, or None."""
        return self._case

    def set_case(self, case: Case | None, *, loading: bool = False) -> None:
        """Show another case; the cursor goes to its middle. `loading`: its volume is still being filled."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        self._case = case
        self._preview = None
        self.set_heat(None)
        self.doubts.forget()
        self.loading = loading
        if case is not None:
            self._unwatch = case.changed.connect(self._on_change)
            z, y, x = case.volume.grid.shape_zyx
            self._cursor = (z // 2, y // 2, x // 2)
            if case.labelset.by_id(self._label_id) is None and len(case.labelset):
                self._label_id = case.labelset.labels[0].id
        self.case_changed.emit()
        self.cursor_moved.emit()
        self.label_changed.emit()

    def set_volume(self, volume: Volume) -> None:
        """Put the finished volume (same array, final notices) in the place of the one being filled."""
        if self._case is not None:
            self._case.volume = volume
            self.loading = False
            self.volume_ready.emit()

    def _on_change(self, change: Change) -> None:
        if self._case is not None:
            self.doubts.look(self._case)
        self.labels_changed.emit(change)

    # --- what is shown --------------------------------------------------------------------------
    @property
    def cursor_zyx(self) -> IndexZyx:
        """Voxel of the crosshair, in the case's own index."""
        return self._cursor

    def set_cursor(self, index_zyx: IndexZyx) -> None:
        """Move the crosshair; it stays inside the volume."""
        if self._case is None:
            return
        shape = self._case.volume.grid.shape_zyx
        z, y, x = (min(max(0, int(i)), n - 1) for i, n in zip(index_zyx, shape, strict=True))
        if (z, y, x) != self._cursor:
            self._cursor = (z, y, x)
            self.cursor_moved.emit()

    @property
    def window(self) -> Window:
        """Grey window of the slices."""
        return self._window

    def set_window(self, window: Window) -> None:
        """Change the grey window; the width is at least 1 HU."""
        window = replace(window, width=max(1.0, window.width))
        if window != self._window:
            self._window = window
            self.window_changed.emit()

    @property
    def overlay(self) -> Overlay:
        """How labels are drawn."""
        return self._overlay

    def set_overlay(self, overlay: Overlay) -> None:
        """Change how labels are drawn."""
        overlay = replace(overlay, opacity=min(1.0, max(0.0, overlay.opacity)))
        if overlay != self._overlay:
            self._overlay = overlay
            self.overlay_changed.emit()

    @property
    def heat(self) -> Heat | None:
        """Values laid over the slices in colour, or None; of several layers the one that is seen."""
        return self._heats.top

    def heat_of(self, kind: HeatKind) -> Heat | None:
        """Return the layer of a kind, seen or hidden."""
        return self._heats.of(kind)

    def set_heat(self, heat: Heat | None) -> None:
        """Lay other values over the slices, in the place of those of their kind; None takes every layer away."""
        if heat is None:
            self.drop_heat(None)
        elif heat is not self._heats.of(heat.kind):
            self._heats.put(heat)
            self.heat_changed.emit()

    def drop_heat(self, kind: HeatKind | None) -> None:
        """Take the layer of a kind away, or all."""
        if self._heats.drop(kind):
            self.heat_changed.emit()

    @property
    def slab(self) -> Slab:
        """Thick slab of the slice panes."""
        return self._slab

    def set_slab(self, slab: Slab) -> None:
        """Change the thick slab."""
        slab = replace(slab, thickness_mm=min(50.0, max(1.0, slab.thickness_mm)))
        if slab != self._slab:
            self._slab = slab
            self.slab_changed.emit()

    @property
    def interpolate(self) -> bool:
        """Whether pixels are smoothed on screen (the HU read-out never is)."""
        return self._interpolate

    def set_interpolate(self, on: bool) -> None:  # noqa: FBT001 - a property setter
        """Switch display interpolation."""
        if on != self._interpolate:
            self._interpolate = on
            self.interpolate_changed.emit()

    @property
    def layout(self) -> LayoutName:
        """How the panes are arranged."""
        return self._layout

    @property
    def maximised(self) -> str | None:
        """Pane that fills the middle for now, or None: a plane or ``"volume"``."""
        return self._maximised

    def set_layout(self, layout: LayoutName, *, maximised: str | None = None) -> None:
        """Arrange the panes; `maximised` names one that fills the middle for now."""
        if (layout, maximised) != (self._layout, self._maximised):
            self._layout, self._maximised = layout, maximised
            self.layout_changed.emit()

    # --- what the hand holds --------------------------------------------------------------------
    @property
    def tool(self) -> str:
        """Id of the active tool, a name of the TOOLS registry."""
        return self._tool

    def set_tool(self, tool: str) -> None:
        """Take another tool; a preview of the old one is dropped."""
        if tool != self._tool:
            self.set_preview(None)
            self._tool = tool
            self.tool_changed.emit()

    def attach_tools(self, find: Callable[[str], Any]) -> None:
        """Say where tools come from: `find` returns the one `app.model.tool.Tool` of this window with an id."""
        self._find_tool = find

    def find_tool(self, tool: str) -> Any:  # noqa: ANN401 - the model does not know the tools
        """Return the `app.model.tool.Tool` with this id, or None before `attach_tools`."""
        return self._find_tool(tool) if self._find_tool is not None else None

    @property
    def active_tool(self) -> Any:  # noqa: ANN401
        """The `app.model.tool.Tool` the left mouse button uses, or None before `attach_tools`."""
        return self.find_tool(self._tool)

    def change_options(self, tool: str, **changes: Any) -> None:
        """Set fields of a tool's options and tell; the options panel, the keys and the wheel all come here."""
        found = self.find_tool(tool)
        if found is None or all(getattr(found.options, k) == v for k, v in changes.items()):
            return
        for name, value in changes.items():
            setattr(found.options, name, value)
        self.options_changed.emit(tool)

    @property
    def label_id(self) -> int:
        """Number of the active label; 0 erases."""
        return self._label_id

    @property
    def label(self) -> Label | None:
        """The active label, or None for 0 or without a case."""
        return self._case.labelset.by_id(self._label_id) if self._case else None

    def set_label(self, label_id: int) -> None:
        """Take another label; unknown numbers are ignored."""
        known = label_id == 0 or (self._case is not None and self._case.labelset.by_id(label_id) is not None)
        if known and label_id != self._label_id:
            self._label_id = label_id
            self.label_changed.emit()

    def show_label(self, label_id: int, *, visible: bool | None = None, fill: bool | None = None) -> None:
        """Show or hide a label, or draw it as an outline only. A way of looking, so no step of the history."""
        case = self._case
        label = case.labelset.by_id(label_id) if case is not None else None
        if case is None or label is None:
            return
        before = case.labelset
        case.labelset = before.changing(
            label_id,
            visible=label.visible if visible is None else visible,
            fill=label.fill if fill is None else fill,
        )
        if case.labelset != before:
            self.labels_changed.emit(LabelSetChange(before, case.labelset, "Shown"))

    @property
    def preview(self) -> Preview | None:
        """What the active tool would change, or None."""
        return self._preview

    def set_preview(self, preview: Preview | None, *, repaint: Box | None = None) -> None:
        """Show another preview, or none.

        Args:
            preview: The new one.
            repaint: What to repaint if less than the union of the old and the new box.
        """
        old = self._preview
        self._preview = preview
        boxes = [p.box for p in (old, preview) if p is not None]
        if boxes:
            box = repaint if repaint is not None else boxes[0].union(boxes[-1])
            self.preview_changed.emit(box)
