"""Compressed frames through the child process: right values, or a refusal; never a crash of ours."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from engine.core.errors import DicomError, WorkerError
from engine.io.dicom import decoder as decoding
from engine.io.dicom.codec import frames_in
from engine.io.dicom.decoder import Decoder
from engine.io.dicom.slice import Slice, header_of, slice_of
from engine.io.files.members import disk_file
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
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.mark.parametrize("kind", KINDS)
def test_lossless_frames_decode_to_the_stored_values(tmp_path: Path, decoder: Decoder, kind: str) -> None:
    one = compressed(tmp_path, kind)
    values, stream = decoder.decode(one, frame(one))
    np.testing.assert_array_equal(values, corpus.phantom((1, 40, 52))[0].astype(int) + 1024)
    assert stream.rows in (40, -1)


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


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_rle_cut_short_is_refused_not_invented(tmp_path: Path, decoder: Decoder, share: float) -> None:
    one = compressed(tmp_path, "rle")
    data = frame(one)
    with pytest.raises(DicomError, match="“one”"):
        decoder.decode(one, data[: int(len(data) * share)])


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
    with pytest.raises(DicomError, match=r"0002,0010.*4\.102"):
        decoder.decode(one, b"")


_CRASHING = "import os, sys; sys.stdin.readline(); os.abort()"
_HANGING = "import sys; sys.stdin.read()"


@pytest.mark.parametrize("child", [_CRASHING, _HANGING])
def test_a_child_that_crashes_or_hangs_costs_one_frame(
    tmp_path: Path, decoder: Decoder, monkeypatch: pytest.MonkeyPatch, child: str
) -> None:
    decoding._SPARE.end()
    one = compressed(tmp_path, "jpeg2000")
    with monkeypatch.context() as patched:
        patched.setattr(decoding, "_START", child)
        patched.setattr(decoding, "FRAME_TIMEOUT_S", 0.3)
        with pytest.raises(DicomError, match="the stream is damaged"):
            decoder.decode(one, frame(one))
    values, _ = decoder.decode(one, frame(one))
    np.testing.assert_array_equal(values, corpus.phantom((1, 40, 52))[0].astype(int) + 1024)


def test_a_series_with_one_crashing_frame_is_read_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.ODDITIES["jpeg2000"](tmp_path / "s")
    real = decoding._Child.decode
    asked: list[int] = []

    def once_crashing(child: decoding._Child, path: Path) -> object:
        asked.append(1)
        if len(asked) == 6:
            child._process.kill()
            child._process.wait()
        return real(child, path)

    monkeypatch.setattr(decoding._Child, "decode", once_crashing)
    volume = volume_of(tmp_path / "s")
    assert "slice-damaged" in codes(volume)
    same = [k for k in range(9) if np.array_equal(volume.hu[k], corpus.phantom()[k])]
    assert len(same) == 8


def test_a_hostile_module_in_the_present_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding._SPARE.end()
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("SimpleITK", "numpy", "struct"):
        (trap / f"{name}.py").write_text(f"open({str(trap / 'sprung')!r}, 'w').close()")
    one = compressed(tmp_path, "rle")
    monkeypatch.chdir(trap)
    decoder = Decoder()
    values, _ = decoder.decode(one, frame(one))
    decoder.close()
    decoding._SPARE.end()
    assert values.shape == (40, 52)
    assert not (trap / "sprung").exists()


def test_one_child_is_kept_for_a_while_and_then_ended(tmp_path: Path) -> None:
    decoding._SPARE.end()
    one = compressed(tmp_path, "rle")
    first, second = Decoder(), Decoder()
    for decoder in (first, second):
        decoder.decode(one, frame(one))
    children = [first._idle[0], second._idle[0]]
    first.close()
    second.close()
    assert [c._process.poll() is None for c in children] == [True, False]
    again = Decoder()
    again.warm()
    assert again._idle == [children[0]]
    again.close()
    decoding._SPARE.end()
    assert children[0]._process.poll() is not None


def test_an_idle_child_that_was_killed_costs_nothing(tmp_path: Path) -> None:
    one = compressed(tmp_path, "rle")
    first = Decoder()
    first.decode(one, frame(one))
    (child,) = first._idle
    first.close()
    child._process.kill()
    child._process.wait()
    second = Decoder()
    values, _ = second.decode(one, frame(one))
    assert values.shape == (40, 52)
    second.close()


def test_an_idle_child_is_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoding._SPARE.end()
    monkeypatch.setattr(decoding, "SPARE_S", 0.01)
    decoder = Decoder()
    decoder.warm()
    (child,) = decoder._idle
    decoder.close()
    assert child._process.wait(10) is not None


def test_a_system_that_starts_no_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    decoding._SPARE.end()
    monkeypatch.setattr(decoding.subprocess, "Popen", refuse)
    with pytest.raises(WorkerError, match="does not start"):
        Decoder().warm()
