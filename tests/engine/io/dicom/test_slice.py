from __future__ import annotations

from pathlib import Path

import pytest

from engine.io.dicom.header import HEAD_BYTES
from engine.io.dicom.slice import Slice, header_of, slice_of
from engine.io.files.members import disk_file
from tests.support import dicom_corpus as corpus


class Counting:
    """A member that counts the bytes asked of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size, self.asked = data, len(data), 0
        self.name = self.path_inside = "IM1"

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        self.asked += self.size - offset if count is None else min(count, self.size - offset)
        return self.data[offset:] if count is None else self.data[offset : offset + count]

    def size_now(self) -> int:
        return self.size


def one(tmp_path: Path, **tags: object) -> Slice:
    ds = corpus.Series(tags=tags).slices[1]
    member = disk_file(corpus.write_one(ds, tmp_path / "one"))
    return slice_of(member, header_of(member))


def test_the_values_are_those_of_the_tags(tmp_path: Path) -> None:
    s = one(tmp_path, SpacingBetweenSlices=1.25, RescaleSlope=0.5, PixelPaddingValue=7)
    assert (s.rows, s.columns, s.bits_stored, s.signed) == (20, 26, 16, False)
    assert (s.slope, s.intercept, s.padding) == (0.5, -1024.0, 7)
    assert s.position == pytest.approx((-31.5, -18.25, 43.25))
    assert s.orientation == corpus.AXIAL
    assert s.pixel_spacing == (0.7, 0.8)
    assert (s.thickness_mm, s.told_spacing_mm) == (1.25, 1.25)
    assert (s.modality, s.body_part, s.kernel, s.date) == ("CT", "CHEST", "B40f", "2021-03-04")
    assert not s.truncated
    assert s.native


def test_no_more_than_the_first_64_kib_are_read_for_an_ordinary_header(tmp_path: Path) -> None:
    ds = corpus.Series(corpus.phantom((1, 300, 310))).slices[0]
    member = Counting(corpus.write_one(ds, tmp_path / "one").read_bytes())
    assert member.size > 2 * HEAD_BYTES
    slice_of(member, header_of(member))
    assert member.asked <= HEAD_BYTES


def test_a_longer_header_is_read_to_its_end(tmp_path: Path) -> None:
    ds = corpus.Series().slices[0]
    ds.private_block(0x0009, "ODD", create=True).add_new(1, "OB", bytes(200_000))
    member = disk_file(corpus.write_one(ds, tmp_path / "one"))
    s = slice_of(member, header_of(member))
    assert s.rows == 20
    assert s.pixel_offset > 200_000


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_seen_without_reading_its_pixels(tmp_path: Path, share: float) -> None:
    whole = corpus.write_one(corpus.Series(corpus.phantom((1, 90, 100))).slices[0], tmp_path / "one").read_bytes()
    pixels = 90 * 100 * 2
    member = Counting(whole[: len(whole) - pixels + int(share * pixels)])
    assert slice_of(member, header_of(member)).truncated


@pytest.mark.parametrize(
    ("charset", "description"), [("ISO_IR 192", "胸部 肺"), ("ISO_IR 100", "Thorax für Lunge"), ("ISO_IR 144", "Грудь")]
)
def test_a_description_is_read_in_its_own_character_set(tmp_path: Path, charset: str, description: str) -> None:
    assert one(tmp_path, SpecificCharacterSet=charset, SeriesDescription=description).description == description


def test_numbers_that_are_none_are_taken_as_missing(tmp_path: Path) -> None:
    path = corpus.write_one(corpus.Series().slices[0], tmp_path / "one")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"0.7\\0.8 ", b"nan\\0.8 ").replace(b"-31.5\\-18.25\\42.0", b"-31.5\\-18.25\\inf "))
    member = disk_file(path)
    s = slice_of(member, header_of(member))
    assert s.pixel_spacing is None
    assert s.position is None
