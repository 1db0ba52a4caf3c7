"""Voxels on their way into a file, against struct in a slow loop."""

from __future__ import annotations

import gzip
import io
import struct

import numpy as np
import pytest

from engine.io.images import pieces as module
from engine.io.images.pieces import gzipped, pieces


@pytest.mark.parametrize(("dtype", "code"), [("u1", "B"), (">i2", "h"), ("<i4", "i"), (">f4", "f"), ("f8", "d")])
def test_voxels_come_in_file_order_whatever_the_memory_order(dtype, code):
    array = np.random.default_rng(1).integers(0, 200, (5, 4, 3)).astype(dtype).transpose(2, 0, 1)
    slow = b"".join(
        struct.pack(f"<{code}", array[z, y, x].item())
        for z in range(array.shape[0])
        for y in range(array.shape[1])
        for x in range(array.shape[2])
    )
    assert b"".join(pieces(array)) == slow


def test_a_large_array_comes_in_pieces_of_whole_slices(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 100)
    array = np.arange(7 * 6 * 5, dtype=np.int16).reshape(7, 6, 5)
    assert [len(part) for part in pieces(array)] == [60] * 7
    assert b"".join(pieces(array)) == array.tobytes()


def test_equal_input_gives_equal_bytes_that_any_gzip_opens():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        gzipped(file, [b"header", memoryview(b"voxels" * 1000)])
    assert files[0].getvalue() == files[1].getvalue()
    assert gzip.decompress(files[0].getvalue()) == b"header" + b"voxels" * 1000
