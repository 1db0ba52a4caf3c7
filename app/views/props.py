"""The VTK things a scene is made of. Called in the render thread only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.views.colours import PLANE_COLOURS
from app.views.shells import Shell
from app.views.volume_presets import VolumePreset
from engine.core.types import HuArray
from engine.geometry.grid import Grid


@dataclass(frozen=True)
class Skin:
    """How a label's surface is drawn.

    Args:
        rgb: 0 … 255.
        opacity: 0 hides it.
    """

    rgb: tuple[int, int, int]
    opacity: float


def dress(actor: Any, skin: Skin) -> None:  # noqa: ANN401 - VTK is untyped
    """Give a surface its colour and light."""
    look = actor.GetProperty()
    solid = skin.opacity == 1
    white = 0.0 if solid else 0.25
    look.SetColor(*(c / 255 * (1 - white) + white for c in skin.rgb))
    look.SetOpacity(skin.opacity)
    # Only the far walls of glass are drawn: the near ones would veil the lesions in a third of their own colour.
    look.SetFrontfaceCulling(not solid)
    # And glass glows by itself: on black ground 12 % of a shaded colour would be next to nothing.
    look.SetAmbient(0.2 if solid else 1.0)
    look.SetDiffuse(0.75 if solid else 0.35)
    look.SetSpecular(0.15 if solid else 0.2)
    look.SetSpecularPower(20)


def surface_prop(shell: Shell) -> Any:  # noqa: ANN401 - VTK is untyped
    """Return the actor of a surface; it shares the memory of the arrays."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(shell.mesh.points_lps, deep=0))
    cells: Any = vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(shell.mesh.triangles).reshape(-1), deep=0))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    data.GetPointData().SetNormals(numpy_to_vtk(shell.normals, deep=0))
    mapper: Any = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    return actor


def rgb_of(plane: str) -> tuple[float, float, float]:
    """Return the colour of a plane, 0 … 1."""
    colour = PLANE_COLOURS[plane]
    return colour.redF(), colour.greenF(), colour.blueF()


def line_prop(centre: NDArray[np.float64], reach: NDArray[np.float64], rgb: tuple[float, float, float]) -> Any:  # noqa: ANN401
    """Return the actor of a line from centre − reach to centre + reach, unlit."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.stack([centre - reach, centre + reach]), deep=1))
    cells: Any = vtkCellArray()
    cells.InsertNextCell(2, (0, 1))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor: Any = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*rgb)
    actor.GetProperty().SetLineWidth(2.0)
    actor.GetProperty().LightingOff()
    actor.PickableOff()
    return actor


def volume_prop(hu: HuArray, grid: Grid, preset: VolumePreset, *, software: bool) -> tuple[Any, Any]:
    """Return the volume of a contiguous (z, y, x) array at its place in the patient, and its mapper."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonMath import vtkMatrix4x4
    from vtkmodules.vtkRenderingCore import vtkVolume

    if software:
        from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper as Mapper
    else:
        from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper as Mapper
    image = vtkImageData()
    image.SetDimensions(*hu.shape[::-1])
    image.SetSpacing(*grid.spacing_zyx_mm[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(hu.reshape(-1), deep=0))
    mapper: Any = Mapper()
    mapper.SetInputData(image)
    mapper.SetAutoAdjustSampleDistances(not software)
    if software:
        mapper.SetSampleDistance(max(grid.spacing_zyx_mm))
        mapper.SetInteractiveSampleDistance(2 * max(grid.spacing_zyx_mm))
    # Columns: where a step along x, y, z of the image leads in the patient.
    placed = np.eye(4)
    placed[:3, :3] = np.array(grid.direction)[::-1].T
    placed[:3, 3] = grid.origin_lps
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(placed.reshape(-1).tolist())
    volume: Any = vtkVolume()
    volume.SetMapper(mapper)
    volume.SetProperty(volume_look(preset))
    volume.SetUserMatrix(matrix)
    volume.PickableOff()
    return volume, mapper


def volume_look(preset: VolumePreset) -> Any:  # noqa: ANN401
    """Return the transfer functions of a preset."""
    from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
    from vtkmodules.vtkRenderingCore import vtkColorTransferFunction, vtkVolumeProperty

    colour, opacity = vtkColorTransferFunction(), vtkPiecewiseFunction()
    for hu, r, g, b in preset.colours:
        colour.AddRGBPoint(hu, r, g, b)
    for hu, value in preset.opacities:
        opacity.AddPoint(hu, value)
    look: Any = vtkVolumeProperty()
    look.SetColor(colour)
    look.SetScalarOpacity(opacity)
    look.SetScalarOpacityUnitDistance(preset.unit_mm)
    look.SetInterpolationTypeToLinear()
    look.ShadeOn()
    look.SetAmbient(0.4)
    look.SetDiffuse(0.9)
    look.SetSpecular(0.1)
    return look
