"""Surfaces of labels in patient space."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app.views.surface import Mesh, surfaces, write_surfaces
from engine.core.errors import InputError
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction

AXES = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
GRIDS = {
    "canonical": AXES,
    "feet up": AXES * np.array([-1, 1, 1])[:, None],
    "turned": AXES[[1, 2, 0]] * np.array([1, -1, 1])[:, None],
    "oblique": AXES @ Rotation.from_euler("xyz", (12, -20, 33), degrees=True).as_matrix().T,
}


def two_balls(grid: Grid) -> np.ndarray:
    """A ball of 14 mm, its far half another label."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in grid.shape_zyx), indexing="ij")
    from_centre = grid.to_lps(np.stack([z, y, x], -1)) - grid.to_lps([20, 24, 31])
    labels = (np.linalg.norm(from_centre, axis=-1) < 14).astype(np.uint8) * 3
    labels[(labels > 0) & (x > 34)] = 7
    return labels


@pytest.mark.parametrize("name", GRIDS)
def test_surfaces_enclose_their_voxels_at_their_place_in_the_patient(name: str) -> None:
    grid = Grid((40, 50, 64), (1.5, 0.8, 0.7), (10.0, -20.0, 300.0), as_direction(GRIDS[name]))
    labels = two_balls(grid)
    meshes = surfaces(labels, grid, [3, 7, 9])
    assert set(meshes) == {3, 7}
    for label_id, mesh in meshes.items():
        voxels = np.argwhere(labels == label_id)
        ml = len(voxels) * grid.voxel_ml
        assert mesh.volume_ml == pytest.approx(ml, rel=0.06), "positive: triangles face outwards"
        np.testing.assert_allclose(mesh.points_lps.mean(0), grid.to_lps(voxels.mean(0)), atol=2.5)
        index = grid.to_index(mesh.points_lps)
        assert (index.min(0) >= voxels.min(0) - 1).all()
        assert (index.max(0) <= voxels.max(0) + 1).all()


def test_every_surface_is_closed() -> None:
    grid = Grid((40, 50, 64), (1.5, 0.8, 0.7))
    labels = two_balls(grid)
    labels[0, :9, :9] = 3  # at the border of the volume too
    for mesh in surfaces(labels, grid, range(1, 256)).values():
        edges = np.sort(np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]), axis=1)
        _, times = np.unique(edges, axis=0, return_counts=True)
        assert (times % 2 == 0).all()


def test_without_smoothing_the_points_lie_between_voxels() -> None:
    grid = Grid((6, 7, 8), (2.0, 1.0, 0.5))
    labels = np.zeros(grid.shape_zyx, np.uint8)
    labels[2:4, 2:5, 3:6] = 1
    mesh = surfaces(labels, grid, [1], smooth=False)[1]
    index = grid.to_index(mesh.points_lps)
    np.testing.assert_allclose(index.min(0), (1.5, 1.5, 2.5), atol=1e-5)
    np.testing.assert_allclose(index.max(0), (3.5, 4.5, 5.5), atol=1e-5)


def test_every_second_voxel_gives_the_same_shape_with_a_quarter_of_the_triangles() -> None:
    grid = Grid((40, 50, 64), (1.5, 0.8, 0.7), (5.0, 6.0, 7.0))
    labels = two_balls(grid)
    fine, quick = surfaces(labels, grid, [3])[3], surfaces(labels, grid, [3], every=2)[3]
    assert len(quick.triangles) < 0.4 * len(fine.triangles)
    assert quick.volume_ml == pytest.approx(fine.volume_ml, rel=0.2)
    np.testing.assert_allclose(quick.points_lps.mean(0), fine.points_lps.mean(0), atol=1.5)


def test_glass_is_open_where_it_meets_what_lies_in_it_and_nowhere_else() -> None:
    grid = Grid((40, 50, 64), (1.5, 0.8, 0.7))
    labels = two_balls(grid)
    closed, opened = surfaces(labels, grid, [3, 7]), surfaces(labels, grid, [3, 7], glass=frozenset({3}))
    assert len(opened[7].triangles) == len(closed[7].triangles)
    shared = grid.to_index(closed[3].points_lps)[:, 2] > 34.2
    assert shared.any()
    assert (grid.to_index(opened[3].points_lps)[:, 2] > 34.9).sum() == 0
    assert 0.5 < len(opened[3].triangles) / len(closed[3].triangles) < 0.9


def test_nothing_gives_nothing() -> None:
    grid = Grid((6, 7, 8))
    assert surfaces(np.zeros(grid.shape_zyx, np.uint8), grid, [1]) == {}
    assert surfaces(np.ones(grid.shape_zyx, np.uint8), grid, []) == {}
    assert surfaces(np.ones(grid.shape_zyx, np.uint8), grid, [2]) == {}


@pytest.fixture
def meshes() -> dict[str, Mesh]:
    grid = Grid((40, 50, 64), (1.5, 0.8, 0.7), (10.0, -20.0, 300.0))
    found = surfaces(two_balls(grid), grid, [3, 7])
    return {"ground_glass": found[3], "other": found[7]}


def test_stl_reads_back_in_another_reader(meshes: dict[str, Mesh], tmp_path: Path) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOGeometry import vtkSTLReader

    (path,) = write_surfaces(meshes, tmp_path / "all.stl")
    (count,) = struct.unpack_from("<I", path.read_bytes(), 80)
    assert count == sum(len(m.triangles) for m in meshes.values())
    reader = vtkSTLReader()
    reader.SetFileName(str(path))
    reader.Update()
    points = vtk_to_numpy(reader.GetOutput().GetPoints().GetData())
    whole = np.concatenate([m.points_lps for m in meshes.values()])
    np.testing.assert_allclose(points.min(0), whole.min(0), atol=1e-3)
    np.testing.assert_allclose(points.max(0), whole.max(0), atol=1e-3)


def test_ply_reads_back_in_another_reader_one_file_a_label(meshes: dict[str, Mesh], tmp_path: Path) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOPLY import vtkPLYReader

    paths = write_surfaces(meshes, tmp_path / "case.ply", one_file=False)
    assert [p.name for p in paths] == ["case-ground_glass.ply", "case-other.ply"]
    for path, mesh in zip(paths, meshes.values(), strict=True):
        reader = vtkPLYReader()
        reader.SetFileName(str(path))
        reader.Update()
        read = reader.GetOutput()
        np.testing.assert_array_equal(vtk_to_numpy(read.GetPoints().GetData()), mesh.points_lps)
        cells = vtk_to_numpy(read.GetPolys().GetConnectivityArray()).reshape(-1, 3)
        np.testing.assert_array_equal(cells, mesh.triangles)


def test_another_ending_or_nothing_to_write_is_refused(meshes: dict[str, Mesh], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="STL or PLY"):
        write_surfaces(meshes, tmp_path / "case.obj")
    with pytest.raises(InputError, match="no surface"):
        write_surfaces({}, tmp_path / "case.stl")
    assert not list(tmp_path.iterdir())
