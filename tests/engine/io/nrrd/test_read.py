"""NRRD as ITK and others write it, and as it comes damaged or hostile."""

from __future__ import annotations

import bz2
import gzip
import re
from contextlib import suppress
from itertools import permutations, product

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import ChoiceNeeded, FormatError, InputError
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction
from engine.io.nrrd.read import FORMAT, peek, read_raw
from engine.io.options import ReadOptions
from engine.io.sitk_bridge import grid_of
from tests.support.grids import oblique_grid, turned
from tests.support.image_files import ct, edit_header, itk

read_volume = FORMAT.volume

FIELDS = """sizes,type,space directions,space origin,kinds,space,encoding,dimension,endian,line skip,byte skip,
spacings,data file,space units""".replace("\n", "").split(",")
TEXT = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30)


def codes(volume) -> set[str]:
    return {notice.code for notice in volume.notices}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
def test_values_and_grid_are_those_itk_reads(tmp_path, name, packed):
    path = itk(tmp_path / name, ct(), packed=packed)
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.hu, ct())
    assert volume.grid.matches(oblique_grid(), 1e-6)
    assert volume.grid.matches(grid_of(sitk.ReadImage(str(path))), 1e-6)
    assert not volume.notices
    assert volume.info.kind == "nrrd"
    assert peek(path)[0] == (9, 14, 11)
    assert peek(path)[1] == pytest.approx((2.5, 0.8, 1.1))


@pytest.mark.parametrize(
    "direction",
    [
        as_direction(turned((13, -6, 4))[list(axes)] * np.array(signs)[:, None])
        for axes in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ],
)
def test_all_48_turns_lie_where_itk_says(tmp_path, direction):
    grid = Grid((4, 6, 5), (2.5, 0.7, 1.2), (-123.4, 87.6, -211.9), direction)
    volume = read_volume(itk(tmp_path / "a.nrrd", ct((4, 6, 5)), grid))
    assert volume.grid.matches(grid, 1e-6)


@pytest.mark.parametrize("space", ["right-anterior-superior", "RAS", "left-anterior-superior", "LAS", "LPS"])
def test_other_spaces_are_turned_to_lps_as_itk_does(tmp_path, space):
    path = edit_header(itk(tmp_path / "a.nrrd", ct()), space=space)
    image = sitk.ReadImage(str(path))
    assert read_volume(path).grid.matches(grid_of(image), 1e-6)


def test_without_directions_nothing_is_known_of_place(tmp_path):
    path = edit_header(itk(tmp_path / "a.nrrd", ct()), space=None, space_directions=None, space_origin=None)
    volume = read_volume(path)
    assert {"orientation-unknown", "spacing-unknown"} <= codes(volume)
    assert not volume.orientation_known
    assert volume.grid.spacing_zyx_mm == (1.0, 1.0, 1.0)
    answered = read_volume(path, ReadOptions(pixel_spacing_mm=0.7, slice_spacing_mm=2.0))
    assert answered.grid.spacing_zyx_mm == (2.0, 0.7, 0.7)
    assert "spacing-unknown" not in codes(answered)


def test_spacings_alone_give_millimetres_but_no_side(tmp_path):
    path = itk(tmp_path / "a.nrrd", ct())
    edit_header(path, space=None, space_directions=None, space_origin=None, spacings="0.7 0.8 2.5")
    volume = read_volume(path)
    assert volume.grid.spacing_zyx_mm == (2.5, 0.8, 0.7)
    assert codes(volume) == {"orientation-unknown"}


def test_a_space_nobody_stands_in_leaves_the_side_open(tmp_path):
    path = edit_header(itk(tmp_path / "a.nrrd", ct()), space="scanner-xyz")
    assert codes(read_volume(path)) == {"orientation-unknown"}


def test_sheared_directions_are_put_at_right_angles(tmp_path):
    path = edit_header(itk(tmp_path / "a.nrrd", ct()), space_directions="(0.7,0,0) (0,0.7,0) (0,0.6,2)")
    volume = read_volume(path)
    assert "shear-corrected" in codes(volume)
    assert volume.grid.spacing_zyx_mm == pytest.approx((2.0, 0.7, 0.7))
    assert volume.grid.shape_zyx[1] > 14


@pytest.mark.parametrize("encoding", ["raw", "gzip", "gz", "bzip2", "bz2", "text", "ascii"])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_every_encoding_gives_the_same_voxels(tmp_path, encoding, endian):
    head = (
        "NRRD0004\n# a comment\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 11 14 9\n"
        "space directions: (0.7,0,0) (0,0.7,0) (0,0,2)\nkinds: domain domain domain\n"
        f"endian: {endian}\nencoding: {encoding}\nspace origin: (1,2,3)\n\n"
    )
    data = ct().astype(">i2" if endian == "big" else "<i2").tobytes()
    if encoding in ("gzip", "gz"):
        data = gzip.compress(data)
    elif encoding in ("bzip2", "bz2"):
        data = bz2.compress(data)
    elif encoding in ("text", "ascii"):
        data = " ".join(str(v) for v in ct().reshape(-1)).encode()
    (tmp_path / "a.nrrd").write_bytes(head.encode() + data)
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nrrd").hu, ct())
    if encoding not in ("text", "ascii"):
        (tmp_path / "a.nrrd").write_bytes(head.encode() + data[:-7])
        with pytest.raises(FormatError, match=r"cut short|damaged"):
            read_volume(tmp_path / "a.nrrd")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_skips_in_a_detached_file_are_followed(tmp_path, line_end):
    (tmp_path / "voxels.raw").write_bytes(b"one\ntwo\n" + b"xyz" + ct().astype("<i2").tobytes())
    lines = [
        "NRRD0004", "type: int16", "dimension: 3", "space: LPS", "sizes: 11 14 9", "endian: little", "encoding: raw",
        "space directions: (1,0,0) (0,1,0) (0,0,1)", "data file: voxels.raw", "line skip: 2", "byte skip: 3",
    ]  # fmt: skip
    (tmp_path / "a.nhdr").write_bytes(line_end.join(lines).encode())
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nhdr").hu, ct())
    lines[-2:] = ["byte skip: -1"]
    (tmp_path / "a.nhdr").write_bytes(line_end.join(lines).encode())
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nhdr").hu, ct())


@pytest.mark.parametrize(
    "outside", ["/etc/passwd", "../secret.raw", "..\\secret.raw", "C:\\secret.raw", "a/../../secret.raw"]
)
def test_a_header_cannot_reach_outside_its_folder(tmp_path, outside):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(ct().nbytes))
    path = itk(folder / "a.nhdr", ct())
    text = re.sub(r"data file: .*", lambda _: f"data file: {outside}", path.read_text())
    path.write_text(text)
    with pytest.raises(FormatError, match="outside its own folder"):
        read_volume(path)


def test_a_link_out_of_the_folder_is_outside_too(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(ct().nbytes))
    path = itk(folder / "a.nhdr", ct())
    (folder / "a.raw").unlink()
    (folder / "a.raw").symlink_to(tmp_path / "secret.raw")
    with pytest.raises(FormatError, match="outside its own folder"):
        read_volume(path)


def test_a_missing_data_file_is_named(tmp_path):
    path = itk(tmp_path / "a.nhdr", ct())
    (tmp_path / "a.raw").unlink()
    with pytest.raises(FormatError, match=r"“a.raw”"):
        read_volume(path)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ({"sizes": "11 -14 9"}, "sizes"),
        ({"sizes": "11 14"}, "sizes"),
        ({"sizes": "0 14 9"}, "sizes"),
        ({"type": "block"}, "type"),
        ({"type": None}, "type"),
        ({"endian": None}, "endian"),
        ({"encoding": "lzma"}, "encoding"),
        ({"space_directions": "(1,0,0) (0,1,0)"}, "space directions"),
        ({"space_directions": "(1,0,nan) (0,1,0) (0,0,1)"}, "space directions"),
        ({"space_origin": "(1,x)"}, "space origin"),
        ({"space_directions": "(1) (0,1,0) (0,0,1)"}, "space directions"),
        ({"byte_skip": "-2"}, "byte skip"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(tmp_path, lines, field):
    path = edit_header(itk(tmp_path / "a.nrrd", ct()), **lines)
    with pytest.raises(FormatError, match=field):
        read_volume(path)


@pytest.mark.parametrize("packed", [True, False])
def test_sizes_beyond_the_file_are_refused_without_allocating(tmp_path, packed, monkeypatch):
    path = edit_header(itk(tmp_path / "a.nrrd", ct(), packed=packed), sizes="999999999 999999999 999999999")
    monkeypatch.setattr(np, "empty", lambda *a, **k: pytest.fail("allocated"))
    with pytest.raises(FormatError, match=r"cut short|damaged"):
        read_volume(path)


def test_colours_are_refused_and_layers_are_asked_for(tmp_path):
    colour = sitk.JoinSeries([sitk.GetImageFromArray(ct())] * 3)
    sitk.WriteImage(colour, str(tmp_path / "a.nrrd"))
    with pytest.raises(ChoiceNeeded) as asked:
        read_volume(tmp_path / "a.nrrd")
    assert asked.value.key == "time_point"
    sitk.WriteImage(sitk.Compose([sitk.GetImageFromArray(ct())] * 3), str(tmp_path / "b.nrrd"))
    with pytest.raises(FormatError, match=r"several numbers per voxel.*vector"):
        read_volume(tmp_path / "b.nrrd")


@pytest.mark.parametrize("first", [True, False])
def test_a_layer_is_taken_whichever_axis_it_is(tmp_path, first):
    frames = np.stack([ct(seed=k) for k in range(3)])
    stored = np.moveaxis(frames, 0, -1) if first else frames
    sizes = "3 11 14 9" if first else "11 14 9 3"
    vectors = "(1,0,0) (0,1,0) (0,0,2)"
    vectors, kinds = (f"none {vectors}", "list domain domain domain") if first else (
        f"{vectors} none", "domain domain domain time"
    )  # fmt: skip
    head = (
        f"NRRD0004\ntype: short\ndimension: 4\nspace: LPS\nsizes: {sizes}\nspace directions: {vectors}\n"
        f"kinds: {kinds}\nendian: little\nencoding: raw\n\n"
    )
    (tmp_path / "a.nrrd").write_bytes(head.encode() + stored.astype("<i2").tobytes())
    volume = read_volume(tmp_path / "a.nrrd", ReadOptions(time_point=2))
    np.testing.assert_array_equal(volume.hu, frames[2])
    assert volume.grid.spacing_zyx_mm == (2.0, 1.0, 1.0)


def test_a_picture_of_two_axes_is_one_slice(tmp_path):
    sitk.WriteImage(sitk.GetImageFromArray(ct()[0]), str(tmp_path / "a.nrrd"))
    volume = read_volume(tmp_path / "a.nrrd")
    assert volume.grid.shape_zyx == (1, 14, 11)
    assert "single-slice" in codes(volume)


def test_segments_of_slicer_are_read(tmp_path):
    path = itk(tmp_path / "a.nrrd", (ct() > 0).astype(np.uint8))
    data = path.read_bytes()
    keys = b"\nSegment0_Name:=GGO\nSegment0_LabelValue:=1\nSegment0_Color:=1 0.5 0\nSegment1_Name:=no value"
    path.write_bytes(data.replace(b"\n\n", keys + b"\n\n", 1))
    (segment,) = read_raw(path).segments
    assert (segment.value, segment.name, segment.colour) == (1, "GGO", "#ff8000")


def test_a_gzipped_header_says_what_to_do(tmp_path):
    path = itk(tmp_path / "a.nrrd", ct())
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(FormatError, match="Unpack it first"):
        read_volume(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(FIELDS),
            st.one_of(TEXT, st.sampled_from(["none", "(1,2,3)", "-1", "3", "none none none", "1e999"])),
        ),
        max_size=4,
    )
)
def test_no_header_makes_anything_but_a_volume_or_a_sentence(tmp_path, fields):
    path = itk(tmp_path / "a.nrrd", ct((3, 4, 5)), oblique_grid((3, 4, 5)))
    edit_header(path, **{name.replace(" ", "_"): value for name, value in fields})
    with suppress(InputError):
        assert read_volume(path, ReadOptions(rescale="as-is", time_point=0)).hu.size
