"""Names of formats, and files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from engine.core.errors import InputError, ResourceError
from engine.geometry.grid import Grid
from engine.io.export import image
from engine.io.export.image import base_name, format_of, write_image, written
from engine.io.images.format import ImageWriter
from engine.io.sitk_bridge import array_of
from tests.support.grids import oblique_grid


@pytest.mark.parametrize(
    ("name", "suffix", "base"),
    [
        ("a.nii.gz", ".nii.gz", "a"),
        ("a.b.NII.GZ", ".nii.gz", "a.b"),
        ("a.seg.nrrd", ".nrrd", "a"),
        (".seg.nrrd", ".nrrd", ".seg"),
        ("a.mha", ".mha", "a"),
    ],
)
def test_the_end_of_the_name_chooses(name, suffix, base):
    assert format_of(Path(name)) == suffix
    assert base_name(Path(name)) == base


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.nii.gz").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_image(tmp_path / "a.nii.gz", np.zeros((9, 14, 11), np.uint8), oblique_grid(), overwrite=True)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("view", ["transposed", "big-endian", "every other", "bool"])
def test_any_memory_order_is_written_in_file_order(tmp_path, suffix, view):
    base = np.random.default_rng(0).integers(-900, 900, (11, 14, 9)).astype(np.int16)
    array = {
        "transposed": base.transpose(2, 1, 0),
        "big-endian": base.transpose(2, 1, 0).astype(">i2"),
        "every other": np.repeat(base.transpose(2, 1, 0), 2, axis=0)[::2],
        "bool": base.transpose(2, 1, 0) > 0,
    }[view]
    write_image(tmp_path / f"a{suffix}", array, oblique_grid())
    np.testing.assert_array_equal(array_of(sitk.ReadImage(str(tmp_path / f"a{suffix}"))), array)


def test_the_name_appears_only_after_the_body(tmp_path):
    path = tmp_path / "a.nrrd"

    def fail():
        assert not path.exists()
        raise RuntimeError("later step failed")

    with pytest.raises(RuntimeError), written(path, np.zeros((9, 14, 11), np.uint8), oblique_grid()):
        fail()
    assert not list(tmp_path.iterdir())


def test_keys_cannot_break_an_nrrd_header(tmp_path):
    path = tmp_path / "a.nrrd"
    write_image(path, np.zeros((9, 14, 11), np.uint8), oblique_grid(), keys={"Name": "two\nlines\n\nspace: RAS"})
    image = sitk.ReadImage(str(path))
    assert image.GetMetaData("Name") == "two lines  space: RAS"


@pytest.mark.parametrize(
    ("read_back", "said"),
    [
        (lambda grid, array: ([grid], array.astype(np.int32)), "came back as int32"),
        (lambda grid, array: ([grid], array[:, :-1]), r"came back as uint8 \(9, 13, 11\)"),
        (lambda grid, array: ([grid, Grid(grid.shape_zyx)], array), "geometry came back different"),
        (lambda grid, array: fail(ValueError("garbage")), "could not be read back"),
        (lambda grid, array: fail(ResourceError("The drive is gone.", "It does not answer.")), "It does not answer"),
    ],
)
def test_what_comes_back_otherwise_is_not_called_written(tmp_path, monkeypatch, read_back, said):
    grid, array = oblique_grid(), np.ones((9, 14, 11), np.uint8)
    writer = ImageWriter(lambda file, *_: file.write(b"x"), lambda _path: read_back(grid, array), 1e-3)
    monkeypatch.setattr(image, "WRITERS", {".nrrd": writer})
    with pytest.raises(ResourceError, match=said):
        write_image(tmp_path / "a.nrrd", array, grid)
    assert not list(tmp_path.iterdir())


def fail(error):
    raise error
