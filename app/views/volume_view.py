"""The 3-D pane: a plain widget that paints images from the render thread.

OpenGL is tried in a child process first. Where it fails the pane is a card with the reason, and nothing
else notices. The mouse turns, moves and zooms; a double click takes the crosshair to the surface.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QEnterEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.jobs.queue import JobQueue
from app.model.session import Session
from app.views.colours import PANE_BACKGROUND
from app.views.focus import take_focus
from app.views.gl_check import GlCheck
from app.views.gl_probe import GlReport
from app.views.orbit import OrbitCamera, camera_for
from app.views.orbit_hands import OrbitHands
from app.views.render_thread import Frame, RenderThread
from app.views.stage import Stage
from app.views.volume_buttons import VolumeButtons
from app.views.volume_feed import VolumeFeed
from app.views.volume_marks import draw_axes, draw_card
from engine.core.types import PointLps
from engine.geometry.orient import Orientation

_SETTLE_MS = 200
_CROSS_MS = 200
_KEY_ZOOM = 1.25


class VolumeView(QWidget):
    """The 3-D pane.

    Args:
        session: What it shows.
        command: Runs the OpenGL probe; the program's own by default.
    """

    def __init__(self, session: Session, parent: QWidget | None = None, *, command: list[str] | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.stage = Stage.ASLEEP
        self.reason = ""
        """Why there is no picture, in a sentence."""
        self.report = GlReport(works=False)
        self.camera = OrbitCamera()
        self._touched = False
        self._command = command
        self._check: GlCheck | None = None
        self._thread: RenderThread | None = None
        self._feed: VolumeFeed | None = None
        self._jobs = JobQueue(self, threads=1)
        self._frame: Frame | None = None
        self._hands = OrbitHands(self)
        self._settle = self._timer(_SETTLE_MS, partial(self._draw, final=True))
        self._cross = self._timer(_CROSS_MS, self._place_cross)
        self.cuts: dict[str, float] = {}
        """Plane → side that is taken away, +1 towards head, back or left."""
        self.buttons = VolumeButtons(self)
        self.setObjectName("pane.volume")
        self.setAccessibleName("3-D view")
        self.setAccessibleDescription("Drag turns, wheel zooms, middle drag moves; double click moves the crosshair.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 64)
        session.case_changed.connect(self._on_case)
        session.cursor_moved.connect(self._cross.start)

    def _timer(self, wait_ms: int, act: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait_ms)
        timer.timeout.connect(act)  # type: ignore[arg-type]
        return timer

    # --- from sleep to life ----------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        """Wake up when first shown with a case; draw again when shown again."""
        super().showEvent(event)
        self._wake()
        self._draw(final=True)

    def _wake(self) -> None:
        if self.stage is not Stage.ASLEEP or self.session.case is None or not self.isVisible():
            return
        self.stage = Stage.TRYING
        self._check = GlCheck(self, command=self._command)
        self._check.done.connect(self._use)
        self._check.start()
        self.update()

    def _use(self, report: GlReport) -> None:
        self.report = report
        if not report.works:
            self._fail(report.reason)
            return
        thread = RenderThread(software=report.software)
        thread.ready.connect(self._on_ready)
        thread.frame.connect(self._on_frame)
        thread.picked.connect(self._on_picked)
        thread.failed.connect(self._fail)
        self._thread = thread
        # Whoever deletes the pane without closing it must not leave the thread with a dead window.
        self.destroyed.connect(partial(_end, thread, self._jobs))
        thread.start()

    def _fail(self, reason: str) -> None:
        self.stage, self.reason = Stage.FAILED, reason
        self.buttons.setEnabled(False)
        self.update()

    def _on_ready(self) -> None:
        if self._thread is None:
            return
        self.stage = Stage.LIVE
        self._feed = VolumeFeed(self.session, self._thread, self._jobs, software=self.report.software, parent=self)
        self._feed.refreshed.connect(self._on_refreshed)
        self._on_case()

    def retry(self) -> None:
        """Try again after a failure: a busy machine may just have been too slow."""
        self.shut_down()
        self._frame = None
        self.buttons.setEnabled(True)
        self._wake()

    def shut_down(self) -> None:
        """Give the window back to the driver and end the thread; the window calls it before it closes."""
        self._jobs.shutdown()
        if self._thread is not None:
            self._thread.stop()
            self._thread = None
        if self._check is not None:
            self._check.stop()
            self._check = None
        if self._feed is not None:
            self._feed.stop()
            self._feed.deleteLater()
            self._feed = None
        self.stage = Stage.ASLEEP

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the thread with the pane."""
        self.shut_down()
        super().closeEvent(event)

    # --- what it shows ---------------------------------------------------------------------------
    @property
    def thread_of_vtk(self) -> int | None:
        """Identity of the thread that owns every VTK object."""
        return self._thread.ident if self._thread is not None else None

    @property
    def frame(self) -> Frame | None:
        """The picture on screen."""
        return self._frame

    @property
    def feed(self) -> VolumeFeed | None:
        """What keeps the scene in step with the case; None until OpenGL is known to work."""
        return self._feed

    def reset(self) -> None:
        """See all that is shown from the front."""
        if self._feed is not None and self.session.case is not None:
            self._touched = False
            self.camera = camera_for(*self._feed.ball())
            self._draw(final=True)

    def settle(self) -> None:
        """Draw at full size in a moment, unless the hand goes on."""
        self._settle.start()

    def set_camera(self, camera: OrbitCamera, *, dragging: bool = False) -> None:
        """Look from elsewhere."""
        self.camera = camera
        self._touched = True
        self._settle.stop()
        self._draw(final=not dragging)

    def look_from(self, name: str) -> None:
        """Look from a named side: front, back, left, right, top, bottom."""
        self.set_camera(self.camera.viewed(name))

    def show_volume(self, preset: str | None) -> None:
        """Show the volume rendering of a preset, or only surfaces."""
        if self._feed is not None:
            self._feed.show_volume(preset)

    def set_cut(self, plane: str, *, on: bool) -> None:
        """Take away what lies between the viewer and a plane through the crosshair."""
        self.cuts.pop(plane, None)
        case = self.session.case
        if on and case is not None:
            normal = Orientation.of(case.volume.grid).grid(case.volume.grid).direction[_AXIS[plane]]
            self.cuts[plane] = 1.0 if float(np.dot(normal, self.camera.axes[2])) > 0 else -1.0
        self._place_cross()

    def act(self, name: str) -> bool:
        """Do what an action asks of the pane; returns whether it knows it."""
        if name == "fit":
            self.reset()
        elif name in ("zoom-in", "zoom-out"):
            self.set_camera(self.camera.nearer(_KEY_ZOOM if name == "zoom-in" else 1 / _KEY_ZOOM))
        else:
            return False
        return True

    def picture(self) -> QImage:
        """Return the pane as it is on screen, in the screen's pixels."""
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        self._paint(painter)
        painter.end()
        return image

    # --- what the session and the thread tell ----------------------------------------------------
    def _on_case(self) -> None:
        self._frame = None
        self.cuts = {}
        self.buttons.forget()
        self._wake()
        if self._feed is not None:
            self._feed.show_case()
            self.reset()
            self._place_cross()
        self.update()

    def _place_cross(self) -> None:
        if self._feed is not None:
            self._feed.show_cross(self.cuts)
            self._draw(final=True)

    def _on_refreshed(self) -> None:
        if self._touched:
            self._draw(final=True)
        else:
            self.reset()

    def _on_frame(self, frame: Frame) -> None:
        self._frame = frame
        self.update()

    def _on_picked(self, point: PointLps | None) -> None:
        case = self.session.case
        if case is None:
            return
        voxel = case.volume.grid.voxel_at(point) if point is not None else None
        if voxel is None:
            self.session.message.emit("There is no surface here.")
        else:
            self.session.set_cursor(voxel)

    def _draw(self, *, final: bool) -> None:
        if self._thread is None or self.stage is not Stage.LIVE or not self.isVisible():
            return
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        camera = self.camera
        self._thread.post("size", lambda scene: scene.resize(width, height))
        self._thread.post("camera", lambda scene: scene.set_camera(camera))
        self._thread.render(final=final)

    # --- painting --------------------------------------------------------------------------------
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Put the newest frame on the screen."""
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), PANE_BACKGROUND)
        if self.stage is Stage.FAILED:
            why = f"{self.reason} Everything else works. Click to try again."
            draw_card(painter, self.rect(), "No 3-D view on this machine", why)
        elif self.session.case is None:
            return
        elif self._frame is None:
            draw_card(painter, self.rect(), "", "Preparing the 3-D view …")
        else:
            if self._feed is not None and self._feed.empty:  # the frame holds a crosshair in nothing
                draw_card(painter, self.rect(), "", self._feed.waiting_text)
            else:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(QRectF(self.rect()), self._frame.image)
            draw_axes(painter, self.rect(), self._frame.camera, known=self.session.case.volume.orientation_known)

    # --- Qt's events -----------------------------------------------------------------------------
    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Draw in the new size as soon as it is known."""
        self._draw(final=False)
        self._settle.start()

    def sizeHint(self) -> QSize:
        """Ask for a square of some use."""
        return QSize(420, 420)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to turn (left), move (middle, or with Shift) or zoom (right)."""
        self._hands.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn, move or zoom, drawn small and quick."""
        self._hands.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Draw at full size once the hand rests."""
        self._hands.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the crosshair to the surface under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton and self._thread is not None:
            x, y = event.position().x() / max(1, self.width()), event.position().y() / max(1, self.height())
            self._thread.post("pick", lambda scene: scene.pick(x, y))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self._hands.wheel(event)

    def enterEvent(self, _event: QEnterEvent) -> None:
        """Take the keyboard along with the mouse, unless someone is typing."""
        take_focus(self)


_AXIS = {"axial": 0, "coronal": 1, "sagittal": 2}


def _end(thread: RenderThread, jobs: JobQueue) -> None:
    jobs.shutdown()
    thread.stop()
