from __future__ import annotations

import struct
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from engine.core.errors import DicomError
from engine.io.dicom_codec import RLE, Decoder, frames_in, is_decodable, is_lossy, stream_of
from engine.io.dicom_slice import Slice, header_of, slice_of
from engine.io.members import disk_file
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of

KINDS = ["rle", "jpeg-lossless", "jpeg2000", "jpeg-ls"]


def compressed(tmp_path: Path, kind: str, hu: np.ndarray | None = None) -> Slice:
    if kind == "jpeg-ls":
        pytest.importorskip("jpeg_ls")
    ds = corpus.Series(corpus.phantom((1, 40, 52)) if hu is None else hu).slices[0]
    member = disk_file(corpus.write_compressed(ds, tmp_path / "one", kind))
    return slice_of(member, header_of(member))


def frame(one: Slice) -> bytes:
    return frames_in(one.member.read(one.pixel_offset), 1)[0]


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


@pytest.mark.parametrize("kind", KINDS)
def test_lossless_frames_decode_to_the_stored_values(tmp_path: Path, decoder: Decoder, kind: str) -> None:
    one = compressed(tmp_path, kind)
    values, stream = decoder.decode(one, frame(one))
    np.testing.assert_array_equal(values, corpus.phantom((1, 40, 52))[0].astype(int) + 1024)
    assert stream.rows in (40, -1)
    decoder.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_series_is_read_from_each_syntax(tmp_path: Path, kind: str) -> None:
    if kind == "jpeg-ls":
        pytest.importorskip("jpeg_ls")
    series = corpus.Series()
    (tmp_path / "s").mkdir()
    for k, ds in enumerate(series.slices):
        corpus.write_compressed(ds, tmp_path / "s" / f"{k}", kind)
    volume = volume_of(tmp_path / "s")
    np.testing.assert_array_equal(volume.hu, series.hu)
    assert codes(volume) == []


def test_signed_pixels_keep_their_sign(tmp_path: Path) -> None:
    series = corpus.Series()
    (tmp_path / "s").mkdir()
    for k, ds in enumerate(series.slices):
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        ds.PixelData = series.hu[k].astype("<i2").tobytes()
        corpus.write_compressed(ds, tmp_path / "s" / f"{k}", "rle" if k % 2 else "jpeg2000")
    np.testing.assert_array_equal(volume_of(tmp_path / "s").hu, series.hu)


@pytest.mark.parametrize("kind", ["jpeg-lossless", "jpeg2000"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_stream_cut_short_is_refused_not_invented(tmp_path: Path, decoder: Decoder, kind: str, share: float) -> None:
    one = compressed(tmp_path, kind)
    data = frame(one)
    with pytest.raises(DicomError, match=r"“one”.*compressed pixels"):
        decoder.decode(one, data[: int(len(data) * share)])
    decoder.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_rle_cut_short_is_refused_not_invented(tmp_path: Path, decoder: Decoder, share: float) -> None:
    one = compressed(tmp_path, "rle")
    data = frame(one)
    with pytest.raises(DicomError, match="“one”"):
        decoder.decode(one, data[: int(len(data) * share)])
    decoder.close()


@pytest.mark.parametrize("kind", ["jpeg-lossless", "jpeg2000"])
def test_a_stream_of_another_size_is_refused_with_both_sizes(tmp_path: Path, decoder: Decoder, kind: str) -> None:
    one = compressed(tmp_path, kind)
    with pytest.raises(DicomError, match=r"41 × 52 × 1.*40 × 52 × 1"):
        decoder.decode(replace(one, rows=41), frame(one))


def test_a_constant_image_from_a_large_stream_is_refused(tmp_path: Path, decoder: Decoder) -> None:
    one = compressed(tmp_path, "jpeg2000", np.full((1, 40, 52), 55, dtype=np.int16))
    values, _ = decoder.decode(one, frame(one))
    assert (values == 55 + 1024).all()
    head = frame(one)
    comment = b"\xff\x64" + struct.pack(">H", 2002) + bytes(2000)  # a comment segment makes the stream large
    at = head.index(b"\xff\x90")
    with pytest.raises(DicomError, match="All its pixels decode to 1079"):
        decoder.decode(one, head[:at] + comment + head[at:])
    decoder.close()


def test_a_wrong_bits_stored_is_overruled_by_the_jpeg_2000_stream(tmp_path: Path) -> None:
    series = corpus.Series()
    (tmp_path / "s").mkdir()
    for k, ds in enumerate(series.slices):
        path = corpus.write_compressed(ds, tmp_path / "s" / f"{k}", "jpeg2000")
        file = pydicom.dcmread(path)
        file.BitsStored, file.HighBit = 10, 9
        file.save_as(path)
    volume = volume_of(tmp_path / "s")
    np.testing.assert_array_equal(volume.hu, series.hu)
    (notice,) = volume.notices
    assert notice.code == "codestream-depth"
    assert "BitsStored (0028,0101) is 10" in notice.text
    assert "16-bit" in notice.text


def test_the_private_folder_is_gone_after_close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "temp"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    one = compressed(tmp_path, "jpeg2000")
    decoder = Decoder()
    decoder.decode(one, frame(one))
    assert [p.stat().st_mode & 0o077 for p in home.iterdir()] == [0]
    decoder.close()
    assert list(home.iterdir()) == []


def test_video_and_unknown_syntaxes_are_told_by_their_uid(tmp_path: Path, decoder: Decoder) -> None:
    one = replace(compressed(tmp_path, "rle"), syntax="1.2.840.10008.1.2.4.102")
    assert not is_decodable(one.syntax)
    with pytest.raises(DicomError, match=r"0002,0010.*4\.102"):
        decoder.decode(one, b"")


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
