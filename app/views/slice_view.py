"""One slice pane, drawn without OpenGL: the picture, the crosshair, the texts, the tool's outline.

The pane watches the session and redraws only what changed. Everything the mouse and the keyboard do is in
`app.views.gestures`; here is what they act on.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QImage,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.model.session import Plane, Session
from app.model.tool import Pointer, Tool
from app.views.annotations import Annotations, corner_texts
from app.views.colours import PANE_BACKGROUND, PLANE_TITLES
from app.views.crosshair import Crosshair
from app.views.distances import DistanceMarks
from app.views.frame import PlaneFrame
from app.views.gestures import Gestures
from app.views.handled_pane import HandledPane
from app.views.heat import draw_place
from app.views.outline import OutlineMark
from app.views.picture import SlicePicture
from app.views.viewport import Viewport
from engine.case.delta import Change
from engine.core.types import IndexZyx
from engine.geometry.box import Box

_LOADING_REPAINT_MS = 60
_CURSORS = {"cross": Qt.CursorShape.CrossCursor, "none": Qt.CursorShape.BlankCursor}


class SliceView(HandledPane):
    """A linked slice pane.

    Args:
        session: What it shows.
        plane: Which plane.
        tool_of: Returns the tool of a name; the window makes each tool once.
    """

    slice_changed = Signal()
    """Another slice is shown, or another case."""

    def __init__(
        self, session: Session, plane: Plane, tool_of: Callable[[str], Tool | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.plane: Plane = plane
        self.tool_of = tool_of
        self.viewport = Viewport()
        self.frame: PlaneFrame | None = None
        self.hover: QPointF | None = None
        """Logical pixel under the mouse, or None while it is elsewhere."""
        self._canvas: SlicePicture | None = None
        self._notes = Annotations()
        self._mark = OutlineMark()
        self._distances = DistanceMarks()
        self._cross = Crosshair(plane)
        self._ratio = 0.0
        self.hands = Gestures(self)
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(_LOADING_REPAINT_MS)
        self._filling.timeout.connect(self._on_filled)
        self.setObjectName(f"pane.{plane}")
        self.setAccessibleName(f"{PLANE_TITLES[plane]} slices")
        self.setAccessibleDescription("Wheel or arrow keys scroll, Ctrl and wheel zoom, right drag sets the window.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 64)
        self._watch()
        self._on_case()

    def _watch(self) -> None:
        s = self.session
        s.case_changed.connect(self._on_case)
        s.volume_filled.connect(self._on_some_filled)
        s.volume_ready.connect(self._on_filled)
        s.labels_changed.connect(self._on_labels)
        s.preview_changed.connect(self._on_preview)
        s.cursor_moved.connect(self._on_cursor)
        s.window_changed.connect(self._on_window)
        s.overlay_changed.connect(self._on_overlay)
        s.heat_changed.connect(self._on_overlay)
        s.slab_changed.connect(self._on_filled)
        s.interpolate_changed.connect(self._redraw)
        s.tool_changed.connect(self._on_tool)
        s.options_changed.connect(self._on_options)

    # --- what it shows ---------------------------------------------------------------------------
    @property
    def index(self) -> int:
        """Slice in the pane, 0 … count − 1, counted towards head, back and left."""
        if self.frame is None:
            return 0
        return round(self.frame.from_case(self.session.cursor_zyx)[0])

    def show_slice(self, index: int) -> None:
        """Go to a slice; the other panes follow with their crosshair."""
        if self.frame is None:
            return
        _, row, column = self.frame.from_case(self.session.cursor_zyx)
        self.session.set_cursor(_whole(self.frame.to_case(min(max(0, index), self.frame.count - 1), row, column)))

    def act(self, name: str) -> bool:
        """Do what an action asks of the pane that has the keyboard; returns whether it knows it."""
        return self.hands.act(name)

    def fit(self) -> None:
        """Show the whole slice."""
        if self.frame is not None:
            self.viewport.fit(self.frame)
            self._redraw()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify about a point of the pane; about its middle without one."""
        if self.frame is not None:
            at = QPointF(self.width() / 2, self.height() / 2) if at is None else at
            self.viewport.zoom(factor, at.x(), at.y(), self.frame)
            self._redraw()

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by logical pixels."""
        if self.frame is not None:
            self.viewport.pan(dx, dy, self.frame)
            self._redraw()

    def pointer(self, at: QPointF, modifiers: Qt.KeyboardModifier) -> Pointer | None:
        """Return what a tool is told of a mouse position, or None without a case."""
        if self.frame is None:
            return None
        row, column = self.viewport.to_voxel(at.x(), at.y(), self.frame)
        return Pointer(
            self.frame.to_case(self.index, row, column),
            self.frame.axis,
            self.plane,
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        )

    def voxel_at(self, at: QPointF) -> IndexZyx | None:
        """Return the voxel under a logical pixel, or None beside the slice."""
        if self.frame is None:
            return None
        row, column = self.viewport.to_voxel(at.x(), at.y(), self.frame)
        voxel = _whole(self.frame.to_case(self.index, row, column))
        return voxel if Box.whole(self.frame.grid.shape_zyx).contains(voxel) else None

    def pixel_of(self, index_zyx: IndexZyx) -> QPointF:
        """Return the logical pixel of a voxel's centre, whichever slice it lies on."""
        if self.frame is None:
            return QPointF()
        _, row, column = self.frame.from_case(index_zyx)
        return QPointF(*self.viewport.to_pixel(row, column, self.frame))

    def picture(self) -> QImage:
        """Return the pane as it is on screen, in the screen's pixels, to be copied or put in a report."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(PANE_BACKGROUND)
        painter = QPainter(image)
        self._paint(painter, QRegion(self.rect()))
        painter.end()
        return image

    @property
    def times_drawn(self) -> int:
        """How often the whole picture was made anew."""
        return self._canvas.drawn if self._canvas is not None else 0

    def show_outline(self, at: Pointer | None) -> None:
        """Draw what the active tool would touch here; None takes it away."""
        tool = self.tool_of(self.session.tool) if at is not None and self.session.case is not None else None
        outline = tool.outline(at) if tool is not None and at is not None else None
        region = self._mark.place(outline, self.frame, self.viewport, self.hover)
        if not region.isEmpty():
            self.update(region)

    def show_readout(self) -> None:
        """Write the value under the mouse (or under the crosshair) again."""
        if not self._notes.readout.isEmpty():
            self.update(self._notes.readout.toAlignedRect())

    # --- what the session tells ------------------------------------------------------------------
    def _on_case(self) -> None:
        case = self.session.case
        self.frame = None if case is None else PlaneFrame(case.volume.grid, self.plane)
        self._canvas = None
        if case is not None and self.frame is not None:
            self._canvas = SlicePicture(self.session, case, self.frame, self.viewport)
            self.viewport.fitted = True
            self.viewport.resize(self.width(), self.height(), self.frame)
            self._canvas.set_index(self.index)
        self._ratio = 0.0
        self._mark.place(None, None, self.viewport, None)
        self._on_tool()
        self.update()
        self.slice_changed.emit()

    def _on_some_filled(self, start: int, stop: int) -> None:
        if self.frame is None or self._canvas is None:
            return
        own = self.frame.to_case(self.index, 0, 0)[0]
        if self.frame.axis == 0 and self.session.slab.mode == "off":
            if start <= round(own) < stop:
                self._on_filled()
        elif not self._filling.isActive():
            self._filling.start()

    def _on_filled(self) -> None:
        if self._canvas is not None:
            self._canvas.forget_image()
            self.update()

    def _on_window(self) -> None:
        if self._canvas is not None:
            self._canvas.forget_window()
            self.update()

    def _on_overlay(self) -> None:
        if self._canvas is not None:
            self._canvas.forget_labels()
            self.update()

    def _on_labels(self, change: Change) -> None:
        if change.box is None:
            self._on_overlay()
        elif self._on_preview(change.box):
            self.show_readout()

    def _on_preview(self, box: Box) -> bool:
        """Draw a part again; returns whether the slice has a share in it. The read-out tells what is kept."""
        if self.frame is None or self._canvas is None:
            return False
        slices, patch = self.frame.patch_of(box)
        if self.index not in slices:
            return False
        self._canvas.forget_patch(patch)
        self.update(self._canvas.rect_of(patch).intersected(self.rect()))
        return True

    def _on_cursor(self) -> None:
        if self._canvas is None or self.frame is None:
            return
        if self._canvas.set_index(self.index):
            self._keep_in_sight()
            self.update()
            self.slice_changed.emit()
        elif self._keep_in_sight():
            self._redraw()
        else:
            at = self.pixel_of(self.session.cursor_zyx)
            self.update(self._cross.moved_to(at.x(), at.y(), self.width(), self.height()))
            self.show_readout()

    def _keep_in_sight(self) -> bool:
        """Bring the crosshair back when another pane moved it out of a magnified one."""
        at = self.pixel_of(self.session.cursor_zyx)
        if self.frame is None or self.viewport.fitted or self.rect().contains(at.toPoint()) or self.hands.busy:
            return False
        _, row, column = self.frame.from_case(self.session.cursor_zyx)
        self.viewport.centre_on(row, column, self.frame)
        if self._canvas is not None:
            self._canvas.forget_canvas()
        return True

    def _on_tool(self) -> None:
        tool = self.tool_of(self.session.tool) if self.session.case is not None else None
        shape = _CURSORS.get(tool.cursor, Qt.CursorShape.ArrowCursor) if tool else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.show_outline(None)

    def _on_options(self, _tool: str) -> None:
        if self.hover is not None:
            self.show_outline(self.pointer(self.hover, Qt.KeyboardModifier.NoModifier))

    def _redraw(self) -> None:
        if self._canvas is not None:
            self._canvas.forget_canvas()
        self._mark.place(None, None, self.viewport, None)
        self.update()

    # --- painting --------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Bring the picture up to date and put it on the screen."""
        painter = QPainter(self)
        self._paint(painter, event.region())
        painter.end()

    def _paint(self, painter: QPainter, region: QRegion) -> None:
        case = self.session.case
        if self._canvas is None or self.frame is None or case is None:
            painter.fillRect(self.rect(), PANE_BACKGROUND)
            return
        if self._ratio != self.devicePixelRatioF():
            self._ratio = self.devicePixelRatioF()
            self._canvas.resize(self.width(), self.height(), self._ratio)
        painter.drawImage(0, 0, self._canvas.refreshed())
        at = self.pixel_of(self.session.cursor_zyx)
        self._cross.draw(painter, at.x(), at.y(), self.width(), self.height())
        if self._notes.touched_by(region, self.viewport):
            under = self.voxel_at(self.hover) if self.hover is not None else None
            texts = corner_texts(
                self.session, case, self.frame, self.viewport, self.index, under or self.session.cursor_zyx
            )
            known = case.volume.orientation_known
            self._notes.draw(painter, self.viewport, self.frame, texts, known=known, region=region)
        self._distances.draw(painter, case, self.frame, self.viewport, self.index)
        draw_place(painter, self.session.heat, self.frame, self.viewport, self.index)
        self._mark.draw(painter)

    # --- Qt's events -----------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what was fitted fitted."""
        self.viewport.resize(event.size().width(), event.size().height(), self.frame)
        self._ratio = 0.0
        self._mark.place(None, None, self.viewport, None)

    def sizeHint(self) -> QSize:
        """Ask for a square of some use."""
        return QSize(420, 420)

    def follow(self, at: QPointF | None) -> None:
        """Take the mouse's place; None takes the outline and the read-out away."""
        self.hover = at
        if at is None:
            self.show_outline(None)
            self.show_readout()
            self.session.pointer_moved.emit(None)


def _whole(index: tuple[float, float, float]) -> IndexZyx:
    z, y, x = (int(v // 1) for v in (index[0] + 0.5, index[1] + 0.5, index[2] + 0.5))
    return (z, y, x)
