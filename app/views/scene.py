"""What the 3-D pane draws. Lives in the render thread: nothing of it may be touched from anywhere else."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.views.orbit import VIEW_ANGLE_DEG, OrbitCamera
from app.views.props import Skin, dress, line_prop, rgb_of, surface_prop, volume_look, volume_prop
from app.views.shells import Shell
from app.views.volume_presets import VolumePreset
from engine.core.errors import GroundglassError
from engine.core.types import HuArray, PointLps
from engine.geometry.grid import Grid

LUNG_OPACITY = 0.12
_DRAG_SCALE = 0.5
_VOLUME_DRAG_SCALE = 0.25
_VOLUME_SCALE_SOFTWARE = 0.5
_CROSS_REACH_MM = 12.0


@dataclass(frozen=True)
class Cut:
    """A half space that is taken away.

    Args:
        point_lps: On its face.
        normal_lps: Away from what is taken away.
    """

    point_lps: PointLps
    normal_lps: PointLps


class Scene:
    """Surfaces, volume, crosshair and camera in one offscreen window.

    Args:
        software: Whether the processor draws: then volumes go through the fixed-point mapper.
    """

    def __init__(self, *, software: bool) -> None:
        from vtkmodules.vtkCommonCore import vtkLogger, vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

        vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
        self._thread = threading.get_ident()
        self._software = software
        self._window: Any = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0 if software else 4)
        self._renderer: Any = vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._window.AddRenderer(self._renderer)
        self._pixels: Any = vtkUnsignedCharArray()
        self._size = (64, 64)
        self._camera = OrbitCamera()
        self._levels: dict[bool, dict[int, Any]] = {False: {}, True: {}}
        self._triangles = {False: 0, True: 0}
        self._skins: dict[int, Skin] = {}
        self._volume: Any = None
        self._volume_mapper: Any = None
        self._cuts: tuple[Cut, ...] = ()
        self._planes: list[Any] = []
        self._cross: list[Any] = []
        self._picks: list[PointLps | None] = []

    def _check(self) -> None:
        if threading.get_ident() != self._thread:
            raise GroundglassError(
                "The 3-D scene was touched from the wrong thread.",
                "Only the thread that made it may use it.",
                "This is a defect; please report it.",
            )

    # --- what is in it ---------------------------------------------------------------------------
    def set_surfaces(self, shells: Mapping[int, Shell], *, fine: bool) -> None:
        """Show other surfaces; labels without one disappear.

        Args:
            shells: One for each label.
            fine: Of every voxel, for final frames; else the quick ones, which also make the fine ones old.
        """
        self._check()
        for level in {fine, True}:
            for actor in self._levels[level].values():
                self._renderer.RemoveActor(actor)
            self._levels[level], self._triangles[level] = {}, 0
        self._levels[fine] = {i: surface_prop(shell) for i, shell in shells.items()}
        self._triangles[fine] = sum(len(shell.mesh.triangles) for shell in shells.values())
        self._dress()
        self._apply_cuts()

    def _shown(self, *, final: bool) -> bool:
        """Return which level is drawn: the fine one only where there is time for it."""
        return bool(self._levels[True]) and (final or not self._software or not self._levels[False])

    def set_skins(self, skins: Mapping[int, Skin]) -> None:
        """Change colours and opacities."""
        self._check()
        self._skins = dict(skins)
        self._dress()

    def _dress(self) -> None:
        # Solid ones first, the glassy ones last: without depth peeling (4 × slower) the order decides.
        def rank(item: tuple[int, Any]) -> float:
            return -self._skins[item[0]].opacity if item[0] in self._skins else 0.0

        for actors in self._levels.values():
            for label_id, actor in sorted(actors.items(), key=rank):
                self._renderer.RemoveActor(actor)
                skin = self._skins.get(label_id)
                if skin is not None and skin.opacity > 0:
                    dress(actor, skin)
                    self._renderer.AddActor(actor)

    def set_volume(self, hu: HuArray | None, grid: Grid | None, preset: VolumePreset | None) -> None:
        """Show a volume rendering, or none. `hu` is contiguous (z, y, x) and is kept, not copied."""
        self._check()
        if self._volume is not None:
            self._renderer.RemoveVolume(self._volume)
            self._volume = self._volume_mapper = None
        if hu is None or grid is None or preset is None:
            return
        self._volume, self._volume_mapper = volume_prop(hu, grid, preset, software=self._software)
        self._renderer.AddVolume(self._volume)
        self._apply_cuts()

    def set_preset(self, preset: VolumePreset) -> None:
        """Change how the volume is drawn."""
        self._check()
        if self._volume is not None:
            self._volume.SetProperty(volume_look(preset))

    def set_cross(self, point_lps: PointLps | None, directions: NDArray[np.float64] | None) -> None:
        """Move the crosshair: three short lines along the canonical axes (z, y, x), in the panes' colours."""
        self._check()
        for actor in self._cross:
            self._renderer.RemoveActor(actor)
        self._cross = []
        if point_lps is None or directions is None:
            return
        # A line along an axis stands upright on that axis's plane.
        for direction, plane in zip(directions, ("axial", "coronal", "sagittal"), strict=True):
            self._cross.append(line_prop(np.array(point_lps), direction * _CROSS_REACH_MM, rgb_of(plane)))
            self._renderer.AddActor(self._cross[-1])

    def set_cuts(self, cuts: tuple[Cut, ...]) -> None:
        """Take half spaces away."""
        self._check()
        self._cuts = cuts
        self._apply_cuts()

    def _apply_cuts(self) -> None:
        from vtkmodules.vtkCommonDataModel import vtkPlane

        self._planes = []
        for cut in self._cuts:
            plane = vtkPlane()
            plane.SetOrigin(*cut.point_lps)
            plane.SetNormal(*cut.normal_lps)
            self._planes.append(plane)
        mappers = [actor.GetMapper() for actors in self._levels.values() for actor in actors.values()]
        if self._volume_mapper is not None:
            mappers.append(self._volume_mapper)
        for mapper in mappers:
            mapper.RemoveAllClippingPlanes()
            for plane in self._planes:
                mapper.AddClippingPlane(plane)

    # --- looking at it ---------------------------------------------------------------------------
    def set_camera(self, camera: OrbitCamera) -> None:
        """Look from elsewhere."""
        self._check()
        self._camera = camera

    def resize(self, width: int, height: int) -> None:
        """Draw final frames at this size, in the screen's pixels."""
        self._check()
        self._size = (max(8, width), max(8, height))

    def draw(self, *, final: bool) -> tuple[NDArray[np.uint8], OrbitCamera, int]:
        """Return (h, w, 4) uint8 RGBA from the lowest row up, its camera, and the number of triangles."""
        self._check()
        from vtkmodules.util.numpy_support import vtk_to_numpy

        scale = self._scale(final=final)
        width, height = (max(8, round(n * scale)) for n in self._size)
        self._window.SetSize(width, height)
        self._place_camera()
        level = self._shown(final=final)
        for fine, actors in self._levels.items():
            for actor in actors.values():
                actor.SetVisibility(fine == level)
        self._window.Render()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)
        pixels = vtk_to_numpy(self._pixels).reshape(height, width, 4)
        return pixels, self._camera, self._triangles[level]

    def _scale(self, *, final: bool) -> float:
        if self._volume is None:
            return 1.0 if final or not self._software else _DRAG_SCALE
        if self._software:
            return _VOLUME_SCALE_SOFTWARE if final else _VOLUME_DRAG_SCALE
        return 1.0 if final else _DRAG_SCALE

    def _place_camera(self) -> None:
        camera = self._renderer.GetActiveCamera()
        camera.SetViewAngle(VIEW_ANGLE_DEG)
        camera.SetFocalPoint(*self._camera.centre_lps)
        camera.SetPosition(*self._camera.position_lps)
        camera.SetViewUp(*self._camera.axes[1].tolist())
        self._renderer.ResetCameraClippingRange()

    def pick(self, x: float, y: float) -> None:
        """Look for the surface at a place of the pane, 0 … 1 from its upper left corner."""
        self._check()
        from vtkmodules.vtkRenderingCore import vtkCellPicker

        self._window.SetSize(*self._size)
        self._place_camera()
        found: PointLps | None = None
        # What is solid first: the lungs are looked through.
        for solid in (True, False):
            picker: Any = vtkCellPicker()
            picker.SetTolerance(0.0005)
            picker.PickFromListOn()
            for label_id, actor in self._levels[self._shown(final=False)].items():
                opacity = self._skins[label_id].opacity if label_id in self._skins else 0.0
                actor.SetVisibility(True)
                if opacity > 0 and (opacity == 1) == solid:
                    picker.AddPickList(actor)
            at = (x * self._size[0], (1 - y) * self._size[1])
            if found is None and picker.Pick(at[0], at[1], 0, self._renderer):
                a, b, c = picker.GetPickPosition()
                found = (float(a), float(b), float(c))
        self._picks.append(found)

    def take_picks(self) -> list[PointLps | None]:
        """Return what was picked since the last time."""
        picks, self._picks = self._picks, []
        return picks

    def finalize(self) -> None:
        """Give the window back to the driver."""
        self._check()
        self._renderer.RemoveAllViewProps()
        self._levels, self._cross, self._volume = {False: {}, True: {}}, [], None
        self._window.Finalize()
