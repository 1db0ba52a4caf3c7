"""The one thread that owns the VTK window and every VTK object of the 3-D pane.

A window rendered from a second thread draws black on EGL, without an error; so nobody else gets hold of
one. The pane posts what it wants (plain data), frames come back as images by a queued signal. Wishes of
one kind that wait are replaced by the newest.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.views.orbit import OrbitCamera
from engine.core.log import traced

if TYPE_CHECKING:
    from app.views.scene import Scene

_PAUSE_S = 0.02
_MODULES = (
    "vtkmodules.vtkCommonCore",
    "vtkmodules.vtkCommonMath",
    "vtkmodules.vtkCommonTransforms",
    "vtkmodules.vtkCommonDataModel",
    "vtkmodules.vtkCommonExecutionModel",
    "vtkmodules.util.numpy_support",
    "vtkmodules.vtkFiltersCore",
    "vtkmodules.vtkRenderingCore",
    "vtkmodules.vtkRenderingOpenGL2",
    "vtkmodules.vtkRenderingVolume",
    "vtkmodules.vtkRenderingVolumeOpenGL2",
)
"""Imported one by one with pauses: in one go they hold the interpreter for 0.3 s and the window stands still.
The OpenGL modules register the classes that the plain names stand for."""

Act = Callable[["Scene"], None]


@dataclass(frozen=True)
class Frame:
    """One picture of the scene.

    Args:
        image: RGB32, in the screen's pixels (fewer while the mouse drags).
        camera: From where it was drawn.
        final: Whether it was drawn at full size.
        triangles: Drawn.
    """

    image: QImage
    camera: OrbitCamera
    final: bool
    triangles: int


class RenderThread(QObject):
    """Starts with :meth:`start`; ends with :meth:`stop`, which gives the window back to the driver."""

    ready = Signal()
    """VTK is imported and the window made."""
    frame = Signal(object)
    """A `Frame`."""
    picked = Signal(object)
    """A point in LPS mm, or None where no surface is."""
    failed = Signal(str)
    """Why there will be no picture, in a sentence."""

    def __init__(self, *, software: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._software = software
        self._wake = threading.Condition()
        self._acts: dict[str, Act] = {}
        self._wish: bool | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)

    @property
    def ident(self) -> int | None:
        """Identity of the thread."""
        return self._thread.ident

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin; `ready` or `failed` follows."""
        self._thread.start()

    def post(self, kind: str, act: Act) -> None:
        """Let something happen to the scene before the next frame; an older wish of this kind is dropped."""
        with self._wake:
            self._acts.pop(kind, None)
            self._acts[kind] = act
            self._wake.notify()

    def render(self, *, final: bool = True) -> None:
        """Ask for a frame: at full size, or small and quick while the mouse drags."""
        with self._wake:
            self._wish = final
            self._wake.notify()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End the thread; returns whether it has ended in time. May be called twice."""
        with self._wake:
            self._stopping = True
            self._acts.clear()
            self._wish = None
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # --- in the thread ---------------------------------------------------------------------------
    def _run(self) -> None:
        scene: Scene | None = None
        try:
            if not self._import():
                return
            from app.views.scene import Scene

            scene = Scene(software=self._software)
            self.ready.emit()
            while self._step(scene):
                pass
        except Exception as error:  # noqa: BLE001 - whatever the driver does, the slices must go on
            logging.getLogger("groundglass.views").error("3-D stopped\n%s", traced(error))  # noqa: TRY400
            self._tell_failed()
        finally:
            if scene is not None:
                scene.finalize()

    def _import(self) -> bool:
        for name in _MODULES:
            importlib.import_module(name)
            with self._wake:
                if self._stopping or self._wake.wait_for(lambda: self._stopping, _PAUSE_S):
                    return False
        return True

    def _step(self, scene: Scene) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._acts or self._wish is not None)
            if self._stopping:
                return False
            acts, self._acts = list(self._acts.values()), {}
            wish, self._wish = self._wish, None
        for act in acts:
            act(scene)
        for point in scene.take_picks():
            self.picked.emit(point)
        if wish is not None:
            pixels, camera, triangles = scene.draw(final=wish)
            h, w = pixels.shape[:2]
            # VTK counts rows from below; `flipped` copies, so the image owns its pixels.
            image = QImage(pixels.data, w, h, 4 * w, QImage.Format.Format_RGBX8888)
            upright = image.flipped().convertToFormat(QImage.Format.Format_RGB32)
            self.frame.emit(Frame(upright, camera, wish, triangles))
        return True

    def _tell_failed(self) -> None:
        if not self._stopping:
            self.failed.emit("The 3-D view stopped on an error of the graphics driver.")
