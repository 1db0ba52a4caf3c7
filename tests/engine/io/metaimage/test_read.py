"""MetaImage as ITK writes it, and as it comes damaged or hostile."""

from __future__ import annotations

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
from engine.io.metaimage.read import FORMAT, peek
from engine.io.options import ReadOptions
from tests.support.grids import oblique_grid, turned
from tests.support.image_files import ct, edit_header, itk

read_volume = FORMAT.volume

FIELDS = [
    "NDims", "DimSize", "ElementType", "ElementSpacing", "TransformMatrix", "Offset", "HeaderSize", "CompressedData",
    "BinaryDataByteOrderMSB", "ElementDataFile",
]  # fmt: skip
TEXT = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30)


def codes(volume) -> set[str]:
    return {notice.code for notice in volume.notices}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_values_and_grid_are_those_itk_wrote(tmp_path, name, packed):
    path = itk(tmp_path / name, ct(), packed=packed)
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.hu, ct())
    assert volume.grid.matches(oblique_grid(), 1e-3)
    assert not volume.notices
    assert volume.info.kind == "mha"
    assert peek(path)[0] == (9, 14, 11)
    assert peek(path)[1] == pytest.approx((2.5, 0.8, 1.1), abs=1e-5)


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
    assert read_volume(itk(tmp_path / "a.mha", ct((4, 6, 5)), grid)).grid.matches(grid, 1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_every_type_is_read(tmp_path, dtype):
    values = np.clip(ct() + 1024, 0, 200).astype(dtype)
    assert (read_volume(itk(tmp_path / "a.mha", values)).hu == values).all()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(tmp_path, packed, kept):
    path = itk(tmp_path / "a.mha", ct(), packed=packed)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(FormatError):
        read_volume(path)


def test_a_flipped_bit_of_packed_voxels_is_noticed(tmp_path):
    path = itk(tmp_path / "a.mha", ct(), packed=True)
    data = bytearray(path.read_bytes())
    for at in range(len(data) - 400, len(data), 23):
        bad = bytearray(data)
        bad[at] ^= 4
        path.write_bytes(bytes(bad))
        with pytest.raises(FormatError, match=r"damaged|cut short"):
            read_volume(path)


@pytest.mark.parametrize("outside", ["/etc/passwd", "../secret.raw", "..\\secret.raw"])
def test_a_header_cannot_reach_outside_its_folder(tmp_path, outside):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.raw").write_bytes(bytes(ct().nbytes))
    path = itk(tmp_path / "in" / "a.mhd", ct())
    path.write_text(re.sub(r"ElementDataFile = .*", lambda _: f"ElementDataFile = {outside}", path.read_text()))
    with pytest.raises(FormatError, match="outside its own folder"):
        read_volume(path)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ({"DimSize": "11 -14 9"}, "DimSize"),
        ({"DimSize": "11 14"}, "NDims"),
        ({"ElementType": "MET_STRING"}, "ElementType"),
        ({"BinaryData": "False"}, "BinaryData"),
        ({"ElementSpacing": "1 nan 1"}, "elementspacing"),
        ({"ElementSpacing": "1 0 1"}, "geometry"),
        ({"TransformMatrix": "1 0 0 0 1"}, "TransformMatrix"),
        ({"HeaderSize": "x"}, "HeaderSize"),
        ({"ElementDataFile": "LIST"}, "ElementDataFile"),
        ({"ElementNumberOfChannels": "3"}, "3 numbers per voxel"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, lines, field):
    path = edit_header(itk(tmp_path / "a.mha", ct()), **lines)
    with pytest.raises(InputError, match=field):
        read_volume(path)


def test_dimensions_beyond_the_file_are_refused_without_allocating(tmp_path, monkeypatch):
    path = edit_header(itk(tmp_path / "a.mha", ct(), packed=True), DimSize="999999 999999 999999")
    monkeypatch.setattr(np, "empty", lambda *a, **k: pytest.fail("allocated"))
    with pytest.raises(FormatError, match="damaged"):
        read_volume(path)


def test_without_spacing_and_matrix_nothing_is_known_of_place(tmp_path):
    path = edit_header(itk(tmp_path / "a.mha", ct()), ElementSpacing=None, TransformMatrix=None)
    volume = read_volume(path)
    assert codes(volume) == {"orientation-unknown", "spacing-unknown"}
    assert not volume.orientation_known


def test_several_volumes_are_asked_about(tmp_path):
    frames = [ct(seed=k) for k in range(3)]
    sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(f) for f in frames]), str(tmp_path / "a.mha"))
    with pytest.raises(ChoiceNeeded):
        read_volume(tmp_path / "a.mha")
    np.testing.assert_array_equal(read_volume(tmp_path / "a.mha", ReadOptions(time_point=1)).hu, frames[1])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.one_of(TEXT, st.sampled_from(["0", "-1", "3", "True", "1 1 1"])),
        max_size=4,
    )
)
def test_no_header_makes_anything_but_a_volume_or_a_sentence(tmp_path, lines):
    path = edit_header(itk(tmp_path / "a.mha", ct((3, 4, 5)), oblique_grid((3, 4, 5))), **lines)
    with suppress(InputError):
        assert read_volume(path, ReadOptions(rescale="as-is", time_point=0)).hu.size
