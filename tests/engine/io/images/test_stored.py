"""What the readers of NIfTI, NRRD and MetaImage share: bounded headers, bounded voxels."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ChoiceNeeded, FormatError, ResourceError
from engine.core.progress import Cancelled, CancelToken
from engine.io.files import inflate
from engine.io.files.inflate import opened
from engine.io.images.stored import (
    begin_of_last,
    choose_time_point,
    header_text,
    of_three_axes,
    told_by_user,
    voxels,
)
from engine.io.options import ReadOptions

_END = re.compile(rb"\n\n")


def _header(path: Path, content: bytes, longest: int = 1 << 20) -> tuple[bytes, re.Match[bytes] | None]:
    path.write_bytes(content)
    with opened(path, packing="none") as stream:
        return header_text(stream, _END, longest)


@pytest.mark.parametrize("length", [0, 1, 65534, 65535, 65536, 65537, 200_000])
def test_the_end_of_a_header_is_found_wherever_a_piece_ends(tmp_path, length):
    text, end = _header(tmp_path / "a", b"x" * length + b"\n\nvoxels")
    assert end is not None
    assert text[: end.start()] == b"x" * length


def test_a_header_without_an_end_is_not_read_for_ever(tmp_path):
    text, end = _header(tmp_path / "a", b"x" * (1 << 20), longest=100_000)
    assert end is None
    assert 100_000 <= len(text) < 200_000
    assert _header(tmp_path / "b", b"short") == (b"short", None)


def test_a_file_packed_as_a_whole_is_said_to_be(tmp_path):
    with pytest.raises(FormatError, match="gzip"):
        _header(tmp_path / "a", gzip.compress(b"NRRD\n\n"))


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<f4", ">f8"])
def test_voxels_come_in_native_order_from_between_what_is_left_out(tmp_path, dtype):
    values = np.random.default_rng(0).integers(-900, 900, (3, 5, 4)).astype(dtype)
    path = tmp_path / "a"
    path.write_bytes(b"head" + values.tobytes() + b"behind")
    with opened(path, packing="none") as stream:
        array = voxels(stream, (3, 5, 4), np.dtype(dtype), None, skip=4, behind=6)
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, values)
    assert begin_of_last(path, (3, 5, 4), np.dtype(dtype)) == 4 + 6


def test_a_file_that_ends_too_soon_costs_no_memory(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(bytes(119))
    monkeypatch.setattr(np, "empty", lambda *a, **k: pytest.fail("allocated"))
    with opened(path, packing="none") as stream, pytest.raises(FormatError, match="4 × 5 × 3 voxels needs 120 bytes"):
        voxels(stream, (3, 5, 4), np.dtype("i2"), None)
    with opened(path, packing="none") as stream, pytest.raises(FormatError, match="at 2 times"):
        voxels(stream, (3, 5, 2), np.dtype("i2"), None, behind=60, times=2)
    with pytest.raises(FormatError, match="cut short"):
        begin_of_last(path, (3, 5, 4), np.dtype("i2"))


def test_more_than_the_memory_there_is_is_refused_before_it_is_taken(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(bytes(1 << 20))
    monkeypatch.setattr(inflate, "available_bytes", lambda: 1 << 20)
    monkeypatch.setattr(np, "empty", lambda *a, **k: pytest.fail("allocated"))
    with opened(path, packing="none") as stream, pytest.raises(ResourceError):
        voxels(stream, (64, 64, 128), np.dtype("i2"), None)


def test_reading_stops_when_it_is_cancelled(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(120))
    token = CancelToken()
    token.cancel()
    with opened(path, packing="none") as stream, pytest.raises(Cancelled):
        voxels(stream, (3, 5, 4), np.dtype("i2"), token)


def test_flat_images_become_volumes_of_one_slice():
    assert of_three_axes(np.zeros((5, 4))).shape == (1, 5, 4)
    assert of_three_axes(np.zeros((3, 5, 4))).shape == (3, 5, 4)


def test_a_time_point_is_asked_for_only_where_there_are_several():
    path = Path("a.nrrd")
    assert choose_time_point(1, path, ReadOptions()) == 0
    assert choose_time_point(3, path, ReadOptions(time_point=2)) == 2
    with pytest.raises(ChoiceNeeded) as asked:
        choose_time_point(3, path, ReadOptions())
    assert [choice.value for choice in asked.value.choices] == ["0", "1", "2"]
    with pytest.raises(FormatError, match="no time point 3"):
        choose_time_point(3, path, ReadOptions(time_point=3))


def test_distances_the_file_does_not_tell_are_the_users_or_a_warning():
    assert told_by_user([1.0] * 3, "a", ReadOptions(pixel_spacing_mm=0.7, slice_spacing_mm=2.5)) == (
        [0.7, 0.7, 2.5],
        (),
    )
    spacing, notices = told_by_user([0.5, 1.0, 1.0], "a", ReadOptions())
    assert spacing == [0.5, 1.0, 1.0]
    assert [notice.code for notice in notices] == ["spacing-unknown"]
