"""NIfTI-1 with a header made by hand: 352 bytes with the grid in qform and sform, and nothing about anybody.

The qform keeps three of a quaternion's four numbers as float32; the fourth comes from the other three, and
near a half turn its error is the square root of theirs. Here the three are chosen among their float32
neighbours so that what a reader makes of them is right within 1e-5. Some turns less than 0.7° off a half
turn cannot be told that way at all; then only the sform is set, which every present reader takes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import chain
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import FormatError
from engine.core.types import FloatArray
from engine.geometry.grid import Grid
from engine.geometry.points import affine_ras
from engine.io.images.format import ImageWriter
from engine.io.images.pieces import gzipped, pieces
from engine.io.nifti.checks import quaternion_rotation
from engine.io.nifti.header import TYPES
from engine.io.nifti.read import read_back

VOX_OFFSET = 352
_LONGEST_AXIS = 32767
_CLOSE = 1e-5
_NEIGHBOURS = 12  # float32 steps to either side
_NIBABEL_HALF_TURN = 3.6e-7  # what nibabel takes for 0; nifti1_io takes 1e-7
_FLOAT32_MM = 1e-3  # its geometry is kept as float32
_MM = 2
_SCANNER = 1


def nifti_header(array: NDArray[Any], grid: Grid) -> bytes:
    """Return the 352 bytes before the voxels of a (z, y, x) array.

    Raises:
        FormatError: NIfTI-1 cannot hold this type or shape.
    """
    code = next((c for c, t in TYPES.items() if np.dtype(t) == array.dtype.newbyteorder("=")), None)
    if code is None or max(array.shape) > _LONGEST_AXIS:
        raise FormatError(
            "This image cannot be written as NIfTI.",
            f"It is {array.dtype} {array.shape}; NIfTI-1 holds whole and real numbers, up to {_LONGEST_AXIS} a side.",
            "Choose NRRD.",
        )
    z, y, x = grid.shape_zyx
    dz, dy, dx = grid.spacing_zyx_mm
    affine = affine_ras(grid)
    rotation = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    handedness = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    proper = rotation * np.array([1.0, 1.0, handedness])
    quaternion = float32_quaternion(proper)
    qform_code = _SCANNER if quaternion is not None else 0
    b, c, d = (0.0, 0.0, 0.0) if quaternion is None else quaternion
    head = bytearray(VOX_OFFSET)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, x, y, z, 1, 1, 1, 1)
    struct.pack_into("<hh", head, 70, code, array.dtype.itemsize * 8)
    struct.pack_into("<8f", head, 76, handedness, dx, dy, dz, 0, 0, 0, 0)
    struct.pack_into("<fff", head, 108, VOX_OFFSET, 1.0, 0.0)
    head[123] = _MM
    struct.pack_into("<hh", head, 252, qform_code, _SCANNER)
    struct.pack_into("<6f", head, 256, b, c, d, *affine[:3, 3])
    struct.pack_into("<12f", head, 280, *affine[:3].reshape(-1))
    head[344:348] = b"n+1\x00"
    return bytes(head)


def float32_quaternion(rotation: FloatArray) -> tuple[float, float, float] | None:
    """Return (b, c, d), exact in float32, that readers turn into `rotation` within 1e-5, or None if there are none."""
    a, b, c, d = _quaternion(rotation)
    best = np.array([b, c, d], dtype=np.float32)
    if not _close(best, rotation):
        best = _best_neighbour(best, a)
    if not _close(best, rotation):
        return None
    return float(best[0]), float(best[1]), float(best[2])


def _close(bcd: NDArray[np.float32], rotation: FloatArray) -> bool:
    """Whether every reader makes `rotation` of these three numbers, whichever remainder it takes for zero."""
    b, c, d = (float(v) for v in bcd)
    read = quaternion_rotation((b, c, d))
    if read is None or float(np.abs(read - rotation).max()) > _CLOSE:
        return False
    rest = 1.0 - (b * b + c * c + d * d)
    if 1e-7 <= rest < _NIBABEL_HALF_TURN:
        half_turn = quaternion_rotation(_unit((b, c, d)))
        return half_turn is not None and float(np.abs(half_turn - rotation).max()) <= _CLOSE
    return rest > -_NIBABEL_HALF_TURN


def _unit(bcd: tuple[float, float, float]) -> tuple[float, float, float]:
    length = float(np.sqrt(sum(v * v for v in bcd)))
    b, c, d = (v / length for v in bcd)
    return b, c, d


def _best_neighbour(bcd: NDArray[np.float32], a: float) -> NDArray[np.float32]:
    """Return the float32 neighbour whose fourth number comes out closest to `a`."""
    near = [_neighbours(v) for v in bcd]
    squares = [n.astype(np.float64) ** 2 for n in near]
    rest = 1.0 - (squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :])
    fourth = np.where(rest < 1e-7, 0.0, np.sqrt(np.maximum(rest, 0.0)))
    i, j, k = np.unravel_index(int(np.argmin(np.abs(fourth - a))), rest.shape)
    return np.array([near[0][i], near[1][j], near[2][k]], dtype=np.float32)


def _neighbours(value: np.float32) -> NDArray[np.float32]:
    step = max(abs(float(np.spacing(value))), 1e-9)  # a step of a zero would be no step at all
    return (float(value) + step * np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)).astype(np.float32)


def _quaternion(rotation: FloatArray) -> tuple[float, float, float, float]:
    """Return (a, b, c, d), a ≥ 0, of a proper rotation: the largest of the four is found first.

    Source: S. W. Shepperd, "Quaternion from rotation matrix", 1978.
    """
    trace = float(np.trace(rotation))
    squares = np.array([1 + trace, *(1 - trace + 2 * rotation[k, k] for k in range(3))]) / 4
    largest = int(np.argmax(squares))
    r = rotation
    skew = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    q = np.zeros(4)
    q[largest] = np.sqrt(squares[largest])
    if largest == 0:
        q[1:] = skew / (4 * q[0])
    else:
        k = largest - 1
        q[0] = skew[k] / (4 * q[largest])
        for other in range(3):
            if other != k:
                q[1 + other] = (r[k, other] + r[other, k]) / (4 * q[largest])
    q /= np.linalg.norm(q)
    if q[0] < 0:
        q = -q
    return float(q[0]), float(q[1]), float(q[2]), float(q[3])


def _write_plain(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    file.write(nifti_header(array, grid))
    for part in pieces(array):
        file.write(part)


def _write_packed(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    gzipped(file, chain((nifti_header(array, grid),), pieces(array)))


PLAIN = ImageWriter(_write_plain, read_back, _FLOAT32_MM, packed=False)
PACKED = ImageWriter(_write_packed, read_back, _FLOAT32_MM)
