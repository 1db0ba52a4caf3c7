"""Surfaces of labels: one pass of SurfaceNets over the label map, split into closed meshes in patient space.

Pure function of arrays: every VTK object is made and let go inside the call, so it may run in any one
worker thread. Neighbouring labels share their border exactly. Cost at 512×512×300 with 6 labels: 0.5 s
for every voxel, 0.1 s for every second; quadric decimation of the same took 6 s and is not used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.core.atomic import replacing
from engine.core.errors import InputError
from engine.core.types import FloatZyx, IndexZyx, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid

_SMOOTHING_STEPS = 16


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed surface.

    Args:
        points_lps: (n, 3) float32, mm.
        triangles: (m, 3) int64 point numbers, counter-clockwise seen from outside.
    """

    points_lps: NDArray[np.float32]
    triangles: NDArray[np.int64]

    @property
    def volume_ml(self) -> float:
        """Enclosed volume in millilitres, by the divergence theorem."""
        a, b, c = (self.points_lps[self.triangles[:, k]].astype(np.float64) for k in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6000.0


def surfaces(
    labels: LabelArray,
    grid: Grid,
    ids: Iterable[int],
    *,
    every: int = 1,
    smooth: bool = True,
    glass: frozenset[int] = frozenset(),
) -> dict[int, Mesh]:
    """Return the surface of each label that has a voxel.

    Args:
        labels: (z, y, x) uint8.
        grid: Where they lie.
        ids: Labels wanted.
        every: Take every n-th voxel along each axis.
        smooth: Relax the steps of the voxels; points move by less than a voxel.
        glass: Labels that are looked through: the walls they share with others are left out, as two
            surfaces at one place would flicker. Their meshes are open there.
    """
    wanted = sorted({int(i) for i in ids if i > 0})
    found = _cropped(labels, every)
    if found is None or not wanted:
        return {}
    block, start = found
    here = np.flatnonzero(np.bincount(block.reshape(-1), minlength=256)[1:]) + 1
    wanted = [i for i in wanted if i in here]
    if not wanted:
        return {}
    spacing = (
        grid.spacing_zyx_mm[0] * every,
        grid.spacing_zyx_mm[1] * every,
        grid.spacing_zyx_mm[2] * every,
    )
    nets = _surface_nets(block, spacing, wanted, smooth=smooth)
    placed = _placed(nets.points, start, grid)
    mirrored = float(np.linalg.det(np.array(grid.direction))) > 0  # rows are (z, y, x): +1 is a mirrored (x, y, z)
    solid = np.zeros(256, dtype=np.bool_)
    solid[[i for i in wanted if i not in glass]] = True
    open_walls = ~(solid[nets.front] | solid[nets.back])
    meshes: dict[int, Mesh] = {}
    for i in wanted:
        front, back = nets.front == i, nets.back == i
        if i in glass:
            front &= open_walls
            back &= open_walls
        outward, inward = (back, front) if mirrored else (front, back)
        mine = np.concatenate([nets.triangles[outward], nets.triangles[inward][:, ::-1]])
        if len(mine):
            meshes[i] = _of_its_own(placed, mine)
    return meshes


def _cropped(labels: LabelArray, every: int) -> tuple[LabelArray, IndexZyx] | None:
    """Return the sampled block around all labels with a rim of background, and where it starts."""
    mask = np.ascontiguousarray(labels[::every, ::every, ::every])
    box = Box.of_mask(mask > 0)
    if box is None:
        return None
    block = np.pad(mask[box.slices], 1)
    z, y, x = ((a - 1) * every for a in box.start_zyx)
    return block, (z, y, x)


class _Nets(NamedTuple):
    """All surfaces in one.

    Args:
        points: (n, 3) float32, mm along (x, y, z) from the block's first voxel.
        triangles: (m, 3) point numbers.
        front: (m,) label on the side they face.
        back: (m,) label on the other.
    """

    points: NDArray[np.float32]
    triangles: NDArray[np.integer]
    front: LabelArray
    back: LabelArray


def _surface_nets(block: LabelArray, spacing: FloatZyx, wanted: list[int], *, smooth: bool) -> _Nets:
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    image = vtkImageData()
    image.SetDimensions(block.shape[::-1])
    image.SetSpacing(spacing[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(block).reshape(-1), deep=0))
    nets: Any = vtkSurfaceNets3D()
    nets.SetInputDataObject(image)
    nets.SetBackgroundLabel(0)
    for k, label_id in enumerate(wanted):
        nets.SetValue(k, label_id)
    nets.SetOutputMeshTypeToTriangles()
    nets.SetSmoothing(smooth)
    if smooth:
        nets.SetNumberOfIterations(_SMOOTHING_STEPS)
    nets.Update()
    mesh = nets.GetOutput()
    if mesh.GetNumberOfPoints() == 0:
        none = np.zeros(0, np.uint8)
        return _Nets(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64), none, none)
    points = vtk_to_numpy(mesh.GetPoints().GetData()).astype(np.float32)
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).copy().reshape(-1, 3)
    sides = vtk_to_numpy(mesh.GetCellData().GetArray("BoundaryLabels")).astype(np.uint8)
    return _Nets(points, triangles, sides[:, 0].copy(), sides[:, 1].copy())


def _placed(points: NDArray[np.float32], start: IndexZyx, grid: Grid) -> NDArray[np.float32]:
    first, turn = grid.to_lps(start), np.array(grid.direction)[::-1].astype(np.float32)
    placed = np.empty_like(points)
    # Column by column: numpy multiplies many short rows by a 3 × 3 matrix five times as slowly.
    for k in range(3):
        column = points[:, 0] * turn[0, k] + points[:, 1] * turn[1, k]
        column += points[:, 2] * turn[2, k]
        placed[:, k] = column + np.float32(first[k])
    return placed


def _of_its_own(points: NDArray[np.float32], triangles: NDArray[np.integer]) -> Mesh:
    """Return some of the triangles with only the points they use."""
    used = np.zeros(len(points), dtype=np.bool_)
    used[triangles.reshape(-1)] = True
    renumber = np.cumsum(used) - 1
    return Mesh(np.ascontiguousarray(points[used]), renumber[triangles])


# --- files ---------------------------------------------------------------------------------------
def write_surfaces(meshes: Mapping[str, Mesh], target: Path, *, one_file: bool = True) -> list[Path]:
    """Write meshes as binary STL or PLY, in patient millimetres (LPS), and return the files.

    Args:
        meshes: File-name part (a label's key) → mesh.
        target: ``NAME.stl`` or ``NAME.ply``; with several files, each is ``NAME-KEY.stl``.
        one_file: All labels in one file, or a file per label.

    Raises:
        InputError: nothing to write, or another kind of file.
    """
    kind = target.suffix.lower()
    if kind not in (".stl", ".ply"):
        raise InputError(
            f"“{target.name}” is no kind of surface file that can be written.",
            "Surfaces are written as STL or PLY.",
            "Give the file the ending .stl or .ply.",
        )
    if not meshes:
        raise InputError("There is no surface to write.", "No voxel has one of the labels.", "Label something first.")
    encode = _stl if kind == ".stl" else _ply
    jobs = (
        {target: _joined(meshes.values())}
        if one_file
        else {target.with_name(f"{target.stem}-{key}{target.suffix}"): mesh for key, mesh in meshes.items()}
    )
    for path, mesh in jobs.items():
        with replacing(path) as temporary:
            temporary.write_bytes(encode(mesh))
    return list(jobs)


def _joined(meshes: Iterable[Mesh]) -> Mesh:
    points: list[NDArray[np.float32]] = []
    triangles: list[NDArray[np.int64]] = []
    count = 0
    for mesh in meshes:
        points.append(mesh.points_lps)
        triangles.append(mesh.triangles + count)
        count += len(mesh.points_lps)
    return Mesh(np.concatenate(points), np.concatenate(triangles))


def _stl(mesh: Mesh) -> bytes:
    corners = mesh.points_lps[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.where(length > 0, length, 1)
    rows = np.zeros(len(corners), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    rows["normal"], rows["corners"] = normals, corners
    head = b"groundglass surface, LPS millimetres".ljust(80)
    return head + struct.pack("<I", len(rows)) + rows.tobytes()


def _ply(mesh: Mesh) -> bytes:
    head = (
        "ply\nformat binary_little_endian 1.0\ncomment groundglass surface, LPS millimetres\n"
        f"element vertex {len(mesh.points_lps)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    faces = np.zeros(len(mesh.triangles), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, mesh.triangles
    return head.encode() + mesh.points_lps.astype("<f4").tobytes() + faces.tobytes()
