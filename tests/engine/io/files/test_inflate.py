"""Streams: whole, cut, flipped, and too large."""

from __future__ import annotations

import bz2
import gzip
import zlib

import numpy as np
import pytest

from engine.core.errors import Cancelled, FormatError, ResourceError
from engine.core.progress import CancelToken
from engine.io.files import inflate
from engine.io.files.inflate import check_memory, opened

VALUES = np.random.default_rng(0).integers(0, 50, 40_000).astype(np.int16)
PACKERS = {"none": bytes, "gzip": gzip.compress, "zlib": zlib.compress, "bzip2": bz2.compress}


def read(path, packing) -> np.ndarray:
    array = np.empty(VALUES.size, np.int16)
    with opened(path, packing=packing) as stream:
        stream.fill(array, "The image")
    return array


@pytest.mark.parametrize("packing", PACKERS)
def test_every_packing_gives_the_bytes_back(tmp_path, packing):
    (tmp_path / "x").write_bytes(PACKERS[packing](VALUES.tobytes()))
    np.testing.assert_array_equal(read(tmp_path / "x", packing), VALUES)


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("kept", [0.2, 0.7, 0.99])
def test_every_packing_notices_a_cut(tmp_path, packing, kept):
    data = PACKERS[packing](VALUES.tobytes())
    (tmp_path / "x").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(FormatError, match="cut short"):
        read(tmp_path / "x", packing)


@pytest.mark.parametrize("packing", ["gzip", "zlib", "bzip2"])
def test_a_changed_byte_is_noticed_also_after_the_last_voxel(tmp_path, packing):
    data = bytearray(PACKERS[packing](VALUES.tobytes()))
    for at in (len(data) // 2, len(data) - 6):
        bad = bytearray(data)
        bad[at] ^= 0x55
        (tmp_path / "x").write_bytes(bytes(bad))
        with pytest.raises(FormatError, match=r"damaged|cut short"):
            read(tmp_path / "x", packing)


def test_gzip_of_several_members_is_one_stream(tmp_path):
    half = VALUES.nbytes // 2
    data = gzip.compress(VALUES.tobytes()[:half]) + gzip.compress(VALUES.tobytes()[half:])
    (tmp_path / "x").write_bytes(data)
    np.testing.assert_array_equal(read(tmp_path / "x", None), VALUES)


def test_damage_is_told_before_a_complaint_about_the_content(tmp_path):
    data = bytearray(gzip.compress(b"header" + VALUES.tobytes()))
    data[-3] ^= 1
    (tmp_path / "x").write_bytes(bytes(data))

    def complain(stream):
        stream.read(6, "The header")
        raise FormatError("The header is odd.")

    with pytest.raises(FormatError, match="damaged"), opened(tmp_path / "x") as stream:
        complain(stream)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    (tmp_path / "x").write_bytes(gzip.compress(bytes(1000)))
    with opened(tmp_path / "x") as stream:
        stream.must_hold(1000, "The image")
        with pytest.raises(FormatError, match="cannot come out of"):
            stream.must_hold(10**9, "The image")


def test_more_than_allowed_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(bytes(100))
    with opened(tmp_path / "x") as stream, pytest.raises(FormatError, match="more than"):
        stream.rest(99)


def test_cancelling_stops_a_long_stream(tmp_path):
    (tmp_path / "x").write_bytes(VALUES.tobytes())
    cancel = CancelToken()
    cancel.cancel()
    with opened(tmp_path / "x") as stream, pytest.raises(Cancelled):
        stream.fill(np.empty(VALUES.size, np.int16), "The image", cancel)


def test_memory_is_asked_for_before_it_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(inflate, "available_bytes", lambda: 3 << 30)
    check_memory(tmp_path / "x", 2 << 30)
    with pytest.raises(ResourceError, match=r"needs 4\.0 GiB, 2\.8 GiB are free"):
        check_memory(tmp_path / "x", 4 << 30)


def test_a_disk_that_does_not_answer_is_a_sentence(tmp_path):
    with pytest.raises(ResourceError), opened(tmp_path):
        pass
