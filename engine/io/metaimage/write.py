"""MetaImage: ``.mha`` with its voxels inside, packed with zlib."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.geometry.grid import Grid
from engine.io.images.format import ImageWriter
from engine.io.images.pieces import pieces
from engine.io.sitk_bridge import read_back

_EXACT_MM = 1e-6
_MET = {
    "int8": "MET_CHAR", "uint8": "MET_UCHAR", "int16": "MET_SHORT", "uint16": "MET_USHORT", "int32": "MET_INT",
    "uint32": "MET_UINT", "int64": "MET_LONG_LONG", "uint64": "MET_ULONG_LONG", "float32": "MET_FLOAT",
    "float64": "MET_DOUBLE",
}  # fmt: skip


def _write(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    packer = zlib.compressobj(1)
    parts = [*(packer.compress(part) for part in pieces(array)), packer.flush()]
    rows = np.array(grid.direction)[::-1].reshape(-1)
    z, y, x = grid.shape_zyx
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        f"CompressedDataSize = {sum(len(part) for part in parts)}",
        f"TransformMatrix = {' '.join(repr(float(v)) for v in rows)}",
        f"Offset = {' '.join(repr(float(v)) for v in grid.origin_lps)}",
        "CenterOfRotation = 0 0 0",
        f"ElementSpacing = {' '.join(repr(float(v)) for v in grid.spacing_zyx_mm[::-1])}",
        f"DimSize = {x} {y} {z}",
        f"ElementType = {_MET[array.dtype.name]}",
        "ElementDataFile = LOCAL",
    ]
    file.write(("\n".join(lines) + "\n").encode("ascii"))
    for part in parts:
        file.write(part)


WRITER = ImageWriter(_write, read_back, _EXACT_MM)
