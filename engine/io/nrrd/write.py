"""NRRD with its voxels inside, gzipped; the caller's keys become key/value pairs of the header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from numpy.typing import NDArray

from engine.geometry.grid import Grid
from engine.io.images.format import ImageWriter
from engine.io.images.pieces import gzipped, pieces
from engine.io.sitk_bridge import read_back

_EXACT_MM = 1e-6


def _write(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    z, y, x = grid.shape_zyx
    steps = " ".join(f"({','.join(repr(float(v)) for v in row)})" for row in grid.steps_lps[::-1])
    kind = {"float32": "float", "float64": "double"}.get(array.dtype.name, array.dtype.name)
    lines = [
        "NRRD0005",
        f"type: {kind}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {x} {y} {z}",
        f"space directions: {steps}",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: ({','.join(repr(float(v)) for v in grid.origin_lps)})",
        *(f"{key}:={_one_line(value)}" for key, value in keys.items()),
    ]
    file.write(("\n".join(lines) + "\n\n").encode("utf-8"))
    gzipped(file, pieces(array))


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


WRITER = ImageWriter(_write, read_back, _EXACT_MM)
