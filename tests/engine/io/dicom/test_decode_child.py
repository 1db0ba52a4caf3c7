from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from engine.io.dicom.decode_child import REPLY, serve
from tests.support import dicom_corpus as corpus


def answers(*paths: Path) -> io.BytesIO:
    replies = io.BytesIO()
    serve(io.BytesIO(b"".join(f"{p}\n".encode() for p in paths)), replies, sitk)
    replies.seek(0)
    return replies


@pytest.mark.parametrize("kind", ["rle", "jpeg2000"])
def test_pixels_come_back_row_by_row(tmp_path: Path, kind: str) -> None:
    ds = corpus.Series().slices[0]
    ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    replies = answers(corpus.write_compressed(ds, tmp_path / "one", kind))
    state, size, type_, rows, columns = REPLY.unpack(replies.read(REPLY.size))
    assert (state, size, type_, rows, columns) == (b"+", 2, b"u", 20, 26)
    pixels = np.frombuffer(replies.read(), "<u2").reshape(rows, columns)
    np.testing.assert_array_equal(pixels, corpus.phantom()[0].astype(int) + 1024)


def test_what_cannot_be_decoded_is_answered_and_the_next_one_served(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"nothing")
    good = corpus.write_one(corpus.Series().slices[0], tmp_path / "good")
    replies = answers(bad, tmp_path / "gone", good)
    assert REPLY.unpack(replies.read(REPLY.size))[0] == b"-"
    assert REPLY.unpack(replies.read(REPLY.size))[0] == b"-"
    assert REPLY.unpack(replies.read(REPLY.size))[0] == b"+"
