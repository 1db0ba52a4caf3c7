"""Voxels on their way into a file: in file order, little-endian, in pieces, packed where the format packs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 4 << 20


def pieces(array: NDArray[Any]) -> Iterator[memoryview]:
    """Yield the voxels of a (z, y, x) array in file order (x fastest), little-endian, about 4 MiB at a time."""
    slices = max(1, _CHUNK // max(1, array[0].nbytes))
    for start in range(0, array.shape[0], slices):
        part = np.ascontiguousarray(array[start : start + slices], dtype=array.dtype.newbyteorder("<"))
        yield part.reshape(-1).view(np.uint8).data


def gzipped(file: IO[bytes], parts: Iterable[bytes | memoryview]) -> None:
    """Write `parts` to `file` as one gzip stream without a name or a time, so that equal input gives equal bytes."""
    from isal import igzip

    with igzip.IGzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed:
        for part in parts:
            packed.write(part)
