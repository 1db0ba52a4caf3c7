"""Masks written and read back by SimpleITK and nibabel: every turn of the axes, every voxel, and broken disks."""

from __future__ import annotations

import builtins
import errno
import gzip
import json
import os
from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.case.findings import measure
from engine.case.labelset import default_labelset
from engine.core.errors import InputError, ResourceError
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras, as_direction
from engine.io.export.image import write_image
from engine.io.masks.read import read_mask
from engine.io.masks.write import write_labels, write_volume
from engine.io.nifti import read as nifti_in
from engine.io.nifti import write as nifti_out
from engine.io.sitk_bridge import array_of, grid_of
from tests.support.grids import oblique_grid, turned

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
TURNS = [(axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def some_labels(shape=(7, 11, 5), seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 6, shape).astype(np.uint8)


def assert_itk_agrees(path: Path, array: np.ndarray, grid: Grid) -> None:
    image = sitk.ReadImage(str(path))
    found = grid_of(image)
    np.testing.assert_array_equal(array_of(image), array)
    assert found.shape_zyx == grid.shape_zyx
    np.testing.assert_allclose(found.spacing_zyx_mm, grid.spacing_zyx_mm, atol=1e-5)
    np.testing.assert_allclose(found.origin_lps, grid.origin_lps, atol=1e-5)
    np.testing.assert_allclose(found.direction, grid.direction, atol=1e-5)


def assert_nibabel_agrees(path: Path, array: np.ndarray, grid: Grid, *, both: bool = True) -> None:
    image = nib.load(path)
    np.testing.assert_array_equal(np.asarray(image.dataobj).T, array)
    sform, code = image.get_sform(coded=True)
    assert code == 1
    np.testing.assert_allclose(sform, affine_ras(grid), atol=1e-5)
    qform, code = image.get_qform(coded=True)
    if both:
        assert code == 1
    if code:
        np.testing.assert_allclose(qform, affine_ras(grid), atol=2e-5 * max(grid.spacing_zyx_mm))


@pytest.mark.parametrize(("axes", "signs"), TURNS)
def test_all_48_turns_upright_and_oblique_come_back_exactly(tmp_path, axes, signs):
    labels = some_labels()
    for degrees in ((0, 0, 0), (11, -7, 5)):
        rows = turned(degrees)[list(axes)] * np.array(signs)[:, None]
        grid = Grid(labels.shape, (2.5, 0.7, 1.2), (-123.4, 87.6, -211.9), as_direction(rows))
        for suffix in (".nii", ".nrrd", ".mha"):
            path = tmp_path / f"m{suffix}"
            write_labels(path, labels, grid, default_labelset(), overwrite=True)
            assert_itk_agrees(path, labels, grid)
            if suffix == ".nii":
                assert_nibabel_agrees(path, labels, grid)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.tuples(*[st.one_of(st.floats(-180, 180), st.sampled_from([0.0, 90.0, 180.0, 1e-4, 0.01, 0.1, 179.99]))] * 3),
    st.tuples(*[st.floats(0.2, 9)] * 3),
    st.tuples(*[st.floats(-250, 250)] * 3),
    st.tuples(*[st.sampled_from([1, -1])] * 3),
)
def test_any_oblique_grid_comes_back_in_nifti(tmp_path, degrees, spacing, origin, signs):
    labels = some_labels((2, 4, 3))
    grid = Grid(labels.shape, spacing, origin, as_direction(turned(degrees) * np.array(signs)[:, None]))
    path = tmp_path / "m.nii"
    write_volume(path, labels.astype(np.int16), grid, overwrite=True)
    assert_itk_agrees(path, labels, grid)
    assert_nibabel_agrees(path, labels, grid, both=False)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_keeps_grid_and_voxels(tmp_path, suffix):
    labels, grid = some_labels(), oblique_grid((7, 11, 5))
    mask, beside = write_labels(tmp_path / f"mask{suffix}", labels, grid, default_labelset())
    assert_itk_agrees(mask, labels, grid)
    assert beside.name == "mask.json"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mask.json", f"mask{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint16, np.int32, np.float64])
def test_volumes_keep_their_values(tmp_path, suffix, dtype):
    grid = oblique_grid((4, 6, 5))
    values = np.random.default_rng(1).normal(0, 900, grid.shape_zyx)
    values = np.abs(values).astype(dtype) if dtype == np.uint16 else values.astype(dtype)
    write_image(tmp_path / f"v{suffix}", values, grid)
    image = sitk.ReadImage(str(tmp_path / f"v{suffix}"))
    assert array_of(image).dtype == dtype
    np.testing.assert_array_equal(array_of(image), values)


def test_the_sidecar_says_what_the_numbers_mean(tmp_path):
    labels, grid = some_labels(), oblique_grid((7, 11, 5))
    found = measure(labels, grid, default_labelset())
    _, beside = write_labels(
        tmp_path / "a.nii.gz",
        labels,
        grid,
        default_labelset(),
        extra_json={"model": "ra-unet-1", "warnings": ["thick slices"]},
    )
    data = json.loads(beside.read_text(encoding="utf-8"))
    assert set(data) == {"labels", "model", "source", "findings", "warnings"}
    row = next(x for x in data["labels"] if x["id"] == 3)
    assert (row["name"], row["colour"], row["key"]) == ("Ground-glass", "#f0e442", "ground_glass")
    assert row["ml"] == pytest.approx(found.by_key("ground_glass").ml, abs=1e-4)
    assert row["percent_of_lung"] == pytest.approx(found.by_key("ground_glass").percent_of_lung, abs=1e-4)
    assert row["lesions"] == found.by_key("ground_glass").lesions
    assert (data["model"], data["source"], data["warnings"]) == ("ra-unet-1", None, ["thick slices"])


def test_nothing_but_geometry_is_in_the_header(tmp_path):
    write_labels(tmp_path / "Doe^Jane.nii.gz", some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    packed = (tmp_path / "Doe^Jane.nii.gz").read_bytes()
    assert b"Doe" not in packed  # gzip can carry a file name
    assert packed[4:8] == b"\x00" * 4  # and a time
    head = gzip.decompress(packed)[:352]
    assert head[4:39].strip(b"\x00") == b""
    assert head[148:252].strip(b"\x00") == b""  # descrip and aux_file
    assert head[328:344].strip(b"\x00") == b""  # intent_name


def test_slicer_finds_its_segments(tmp_path):
    labels, grid = some_labels(), oblique_grid((7, 11, 5))
    path, beside = write_labels(tmp_path / "case.seg.nrrd", labels, grid, default_labelset())
    assert beside.name == "case.json"
    image = sitk.ReadImage(str(path))
    assert image.GetMetaData("Segment2_Name") == "Ground-glass"
    assert image.GetMetaData("Segment2_LabelValue") == "3"
    beside.unlink()
    assert read_mask(path, grid).names[3] == "Ground-glass"


def test_an_existing_file_is_not_replaced_unasked(tmp_path):
    labels, grid = some_labels(), oblique_grid((7, 11, 5))
    path, beside = write_labels(tmp_path / "m.nii.gz", labels, grid, default_labelset())
    before = path.read_bytes(), beside.read_bytes()
    with pytest.raises(InputError, match=r"“m.nii.gz” exists already"):
        write_labels(path, labels * 0, grid, default_labelset())
    assert (path.read_bytes(), beside.read_bytes()) == before
    path.unlink()
    with pytest.raises(InputError, match=r"“m.json” exists already"):
        write_labels(path, labels, grid, default_labelset())
    assert not path.exists()
    write_labels(path, labels * 0, grid, default_labelset(), overwrite=True)
    assert not array_of(sitk.ReadImage(str(path))).any()


@pytest.mark.parametrize("name", ["mask", "mask.png", "mask.nii.bz2", ".nii.gz", "mask.dcm"])
def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path, name):
    with pytest.raises(InputError, match=r"\.nii\.gz"):
        write_labels(tmp_path / name, some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    assert not list(tmp_path.iterdir())


def broken(monkeypatch, where: str, code: int) -> None:
    error = OSError(code, os.strerror(code))

    def fail(*args, **kwargs):
        raise error

    if where == "write":
        monkeypatch.setattr(nifti_out, "gzipped", fail)
    elif where == "open":
        monkeypatch.setattr("tempfile.mkstemp", fail)
    elif where == "sync":
        monkeypatch.setattr("os.fsync", fail)
    elif where == "read back":
        monkeypatch.setattr(nifti_in, "opened", fail)
    elif where == "rename":
        monkeypatch.setattr(Path, "replace", fail)


@pytest.mark.parametrize("where", ["open", "write", "sync", "read back", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.ENODEV, errno.ESTALE])
@pytest.mark.parametrize("existing", [True, False])
def test_a_broken_disk_leaves_the_target_as_it_was(tmp_path, monkeypatch, where, code, existing):
    labels, grid = some_labels(), oblique_grid((7, 11, 5))
    path = tmp_path / "m.nii.gz"
    if existing:
        write_labels(path, labels, grid, default_labelset())
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        broken(patch, where, code)
        with pytest.raises(ResourceError) as caught:
            write_labels(path, labels * 0, grid, default_labelset(), overwrite=True)
    assert len(caught.value.lines) == 3
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_really_full_device_is_named(tmp_path, monkeypatch):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    labels, grid = some_labels((40, 64, 64)), oblique_grid((40, 64, 64))
    real = builtins.open

    def full(self, mode="r", *args, **kwargs):
        return real("/dev/full", mode) if mode == "wb" else real(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ResourceError, match="disk is full"):
        write_labels(tmp_path / "m.nii", labels, grid, default_labelset())
    assert not list(tmp_path.iterdir())


def test_a_disk_too_small_is_refused_before_writing(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10, "total": 1 << 40})())
    with pytest.raises(ResourceError, match="disk is full"):
        write_labels(tmp_path / "m.nii", some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    assert not list(tmp_path.iterdir())


def test_a_voxel_lost_on_the_way_is_noticed(tmp_path, monkeypatch):
    pieces = nifti_out.pieces

    def flipped(array):
        for part in pieces(array):
            changed = bytearray(part)
            changed[3] ^= 1
            yield bytes(changed)

    monkeypatch.setattr(nifti_out, "pieces", flipped)
    with pytest.raises(ResourceError, match="1 voxels came back different"):
        write_labels(tmp_path / "m.nii.gz", some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    assert not list(tmp_path.iterdir())


def test_a_grid_lost_on_the_way_is_noticed(tmp_path, monkeypatch):
    real = nifti_out.nifti_header
    monkeypatch.setattr(
        nifti_out, "nifti_header", lambda a, g: real(a, Grid(g.shape_zyx, g.spacing_zyx_mm, g.origin_lps))
    )
    with pytest.raises(ResourceError, match="geometry"):
        write_labels(tmp_path / "m.nii.gz", some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    assert not list(tmp_path.iterdir())


def test_names_in_any_script_work(tmp_path):
    folder = tmp_path / "肺 ü"
    path, beside = write_labels(folder / "маска 1.nii.gz", some_labels(), oblique_grid((7, 11, 5)), default_labelset())
    assert path.is_file()
    assert beside.name == "маска 1.json"
