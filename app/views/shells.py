"""What the 3-D pane needs of the case, made beside the window: smooth-shaded surfaces, the sampled volume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.views.surface import Mesh, surfaces
from engine.core.progress import CancelToken
from engine.core.types import HuArray, IndexZyx, LabelArray
from engine.geometry.grid import Grid
from engine.geometry.hu import AIR

_QUICK_VOXELS = {True: 4_000_000, False: 12_000_000}
_FINE_VOXELS = {True: 12_000_000, False: 1_000_000_000}
"""Label maps with more voxels are sampled, on the processor more than on a graphics card."""
_VOLUME_VOXELS = {True: 12_000_000, False: 130_000_000}


@dataclass(frozen=True, eq=False)
class Shell:
    """A surface with the normals that make it look smooth.

    Args:
        mesh: Points and triangles.
        normals: (n, 3) float32, one for each point.
    """

    mesh: Mesh
    normals: NDArray[np.float32]


def sampling(shape_zyx: IndexZyx, *, fine: bool, software: bool) -> int:
    """Return which voxels the surfaces take: every one, every second, …

    Args:
        shape_zyx: Of the label map.
        fine: For when it is quiet; else for while someone edits.
        software: Whether the processor draws: 400,000 triangles take it 0.1 s.
    """
    return _step(shape_zyx[0] * shape_zyx[1] * shape_zyx[2], (_FINE_VOXELS if fine else _QUICK_VOXELS)[software])


def _step(voxels: int, budget: int) -> int:
    step = 1
    while voxels / step**3 > budget:
        step += 1
    return step


def shells(
    labels: LabelArray, grid: Grid, *, every: int, glass: frozenset[int], cancel: CancelToken
) -> dict[int, Shell]:
    """Return the surface of every label, ready to be drawn.

    Args:
        labels: (z, y, x) uint8. It may be edited meanwhile: the next change asks anew.
        grid: Where they lie.
        every: Take every n-th voxel.
        glass: Labels that are looked through, see `surfaces`.
        cancel: Looked at between labels.
    """
    found = surfaces(labels, grid, range(1, 256), every=every, glass=glass)
    made: dict[int, Shell] = {}
    for label_id, mesh in found.items():
        cancel.check()
        made[label_id] = Shell(mesh, _normals(mesh))
    return made


def _normals(mesh: Mesh) -> NDArray[np.float32]:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkTriangleMeshPointNormals

    points = vtkPoints()
    points.SetData(numpy_to_vtk(mesh.points_lps, deep=0))
    cells: Any = vtkCellArray()
    cells.SetData(3, numpy_to_vtkIdTypeArray(np.ascontiguousarray(mesh.triangles).reshape(-1), deep=0))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    normals: Any = vtkTriangleMeshPointNormals()  # four times as fast as vtkPolyDataNormals, which looks for edges
    normals.SetInputData(data)
    normals.Update()
    return vtk_to_numpy(normals.GetOutput().GetPointData().GetNormals()).astype(np.float32)


def sampled_volume(
    hu: HuArray, grid: Grid, *, software: bool, inside: LabelArray | None = None
) -> tuple[HuArray, Grid]:
    """Return a contiguous volume small enough for the machine to draw, and its grid.

    Args:
        hu: (z, y, x) int16.
        grid: Its grid.
        software: Whether the processor draws.
        inside: (z, y, x) labels; where there are any, all that is not labelled becomes air.
    """
    step = _step(hu.size, _VOLUME_VOXELS[software])
    sampled = np.array(hu[::step, ::step, ::step], order="C")
    kept = None if inside is None else inside[::step, ::step, ::step] > 0
    if kept is not None and kept.any():
        sampled[~kept] = AIR
    z, y, x = grid.spacing_zyx_mm
    return sampled, replace(grid, shape_zyx=sampled.shape, spacing_zyx_mm=(z * step, y * step, x * step))
