from __future__ import annotations

import struct

import pytest

from engine.io.dicom.codec import RLE, frames_in, is_cut_short, is_decodable, is_lossy, stream_of


def test_only_lossy_syntaxes_are_called_lossy() -> None:
    assert is_lossy("1.2.840.10008.1.2.4.91")
    assert is_lossy("1.2.840.10008.1.2.4.50")
    assert not is_lossy("1.2.840.10008.1.2.4.90")
    assert not is_lossy(RLE)


def items(*pieces: bytes) -> bytes:
    value = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(p)) + p for p in pieces)
    return value + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def test_frames_are_found_with_and_without_an_offset_table() -> None:
    a, b = b"\xff\xd8aaaa", b"\xff\xd8bbbbbb"
    assert frames_in(items(b"", a, b), 2) == [a, b]
    assert frames_in(items(b"", a[:4], a[4:], b[:2], b[2:]), 2) == [a, b]
    table = struct.pack("<2I", 0, 8 + 4 + 8 + 2)
    assert frames_in(items(table, a[:4], a[4:], b), 2) == [a, b]
    assert frames_in(items(b"", a[:4], a[4:]), 1) == [a]


def test_frames_that_do_not_add_up_are_told() -> None:
    with pytest.raises(ValueError, match="ends inside"):
        frames_in(items(b"", b"\xff\xd8" + bytes(90))[:60], 1)
    with pytest.raises(ValueError, match="1 frames are there"):
        frames_in(items(b"", b"\xff\xd8aa", b"xx"), 3)
    with pytest.raises(ValueError, match="no compressed frame"):
        frames_in(items(b""), 1)


def test_heads_that_begin_wrong_are_told() -> None:
    for data, syntax in [
        (b"\0" * 70, "1.2.840.10008.1.2.4.90"),
        (b"\0" * 70, "1.2.840.10008.1.2.4.70"),
        (b"\xff\xd8" + b"\0" * 70, "1.2.840.10008.1.2.4.70"),
        (b"\xff" * 70, RLE),
        (b"", RLE),
    ]:
        with pytest.raises(ValueError, match=r"marker|damaged"):
            stream_of(data, syntax)


def jpeg_head(precision: int) -> bytes:
    return b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 11, precision, 40, 52, 1) + bytes(9)


def test_the_size_and_depth_of_a_jpeg_are_read_from_its_head() -> None:
    stream = stream_of(b"\xff\xd8\xff\xe0\x00\x04ab" + jpeg_head(12)[2:], "1.2.840.10008.1.2.4.70")
    assert (stream.rows, stream.columns, stream.samples, stream.precision, stream.signed) == (40, 52, 1, 12, None)


@pytest.mark.parametrize("precision", [0, 1, 17, 255])
def test_a_depth_that_does_not_exist_is_refused(precision: int) -> None:
    # 255 bits crash the decoder.
    with pytest.raises(ValueError, match=f"precision of {precision} bits"):
        stream_of(jpeg_head(precision), "1.2.840.10008.1.2.4.70")


def test_a_stream_ends_with_its_marker_or_was_cut_short() -> None:
    assert not is_cut_short(b"abc\xff\xd9", "1.2.840.10008.1.2.4.90")
    assert not is_cut_short(b"abc\xff\xd9\0", "1.2.840.10008.1.2.4.70")
    assert is_cut_short(b"abc\xff\xd9" + b"more" * 20, "1.2.840.10008.1.2.4.70")
    assert not is_cut_short(b"anything", RLE)


def test_video_is_no_still_image() -> None:
    assert not is_decodable("1.2.840.10008.1.2.4.102")
    assert is_decodable("1.2.840.10008.1.2.4.201")
