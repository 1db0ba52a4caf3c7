"""MetaImage: ``.mha``, and ``.mhd`` with its data file, raw or zlib."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import FormatError
from engine.core.progress import CancelToken
from engine.core.types import FloatArray, FloatZyx, IndexZyx
from engine.io.files.detached import data_file
from engine.io.files.inflate import Packing, Stream, opened
from engine.io.images.format import ImageFormat
from engine.io.images.raw import RawImage, unknown_orientation
from engine.io.images.stored import (
    begin_of_last,
    choose_time_point,
    header_text,
    of_three_axes,
    told_by_user,
    voxels,
    wrong,
)
from engine.io.options import ReadOptions

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
_LONGEST_HEADER = 1 << 20
_END = re.compile(rb"^[ \t]*ElementDataFile[ \t]*=[^\r\n]*(\r?\n|\Z)", re.MULTILINE)
_FARTHEST_MM = 1e7


def peek(path: Path) -> tuple[IndexZyx, FloatZyx]:
    """Return shape (z, y, x) and spacing in mm (z, y, x) as the header tells them; 1 mm where it tells none.

    Raises:
        FormatError: the header cannot be read.
    """
    with opened(path, packing="none") as stream:
        fields, _ = _header(stream)
    x, y, z = (*_shape(fields, path.name), 1)[:3]
    steps, _, _, _ = _geometry(fields, path.name, ReadOptions())
    dz, dy, dx = (float(s) for s in np.linalg.norm(steps, axis=1))
    return (z, y, x), (dz, dy, dx)


def read_raw(path: Path, options: ReadOptions = ReadOptions(), *, cancel: CancelToken | None = None) -> RawImage:  # noqa: B008
    """Return the voxels and the geometry of a MetaImage file as they are stored.

    Raises:
        FormatError: the file is damaged or holds no volume of real numbers.
        ChoiceNeeded: the time point is the user's to say.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    with opened(path, packing="none") as stream:
        fields, length = _header(stream)
    name = path.name
    shape_xyz = _shape(fields, name)
    if fields.get("elementnumberofchannels", "1") != "1":
        raise FormatError(
            f"“{name}” cannot be read as a CT or a mask.",
            f"It holds {fields['elementnumberofchannels']} numbers per voxel; one is needed.",
            "Export it again as grey values.",
        )
    if len(shape_xyz) > 4:
        raise wrong(name, "NDims", str(len(shape_xyz)), "2, 3 or 4")
    frame = choose_time_point(shape_xyz[3], path, options) if len(shape_xyz) == 4 else 0
    array = _voxels(fields, shape_xyz, path, length, cancel)
    if array.ndim == 4:
        array = np.ascontiguousarray(array[frame])
    steps, origin, notices, known = _geometry(fields, name, options)
    return RawImage(of_three_axes(array), steps, origin, "mha", notices=notices, orientation_known=known)


def _header(stream: Stream) -> tuple[dict[str, str], int]:
    """Return lower-case field → text and where the data begins: after the line ElementDataFile."""
    text, end = header_text(stream, _END, _LONGEST_HEADER)
    if end:
        lines = text[: end.end()].decode("utf-8", "replace").splitlines()
        pairs = (line.partition("=") for line in lines)
        return {key.strip().lower(): value.strip() for key, _, value in pairs}, end.end()
    raise wrong(stream.path.name, "ElementDataFile", "", "LOCAL or the name of the data file")


def _shape(fields: dict[str, str], name: str) -> tuple[int, ...]:
    told = fields.get("dimsize", "")
    words = told.split()
    if not words or not all(re.fullmatch(r"[0-9]{1,18}", w) and int(w) > 0 for w in words):
        raise wrong(name, "DimSize", told, "a positive number per axis")
    if fields.get("ndims", "") != str(len(words)) or len(words) < 2:
        raise wrong(name, "NDims", fields.get("ndims", ""), f"{len(words)}, as DimSize has it, and at least 2")
    return tuple(int(w) for w in words)


def _voxels(
    fields: dict[str, str], shape_xyz: tuple[int, ...], path: Path, length: int, cancel: CancelToken | None
) -> NDArray[Any]:
    name = path.name
    told = fields.get("elementtype", "").upper()
    if told not in _TYPES:
        raise wrong(name, "ElementType", told, "a type of whole or real numbers, such as MET_SHORT")
    if fields.get("binarydata", "True").lower() != "true":
        raise wrong(name, "BinaryData", fields["binarydata"], "True")
    big = fields.get("elementbyteordermsb", fields.get("binarydatabyteordermsb", "False")).lower() == "true"
    dtype = np.dtype((">" if big else "<") + _TYPES[told])
    packing: Packing = "zlib" if fields.get("compresseddata", "False").lower() == "true" else "none"
    shape = shape_xyz[::-1]
    source, offset = _where(fields, path, length)
    begin = begin_of_last(source, shape, dtype) if offset < 0 else offset
    with opened(source, offset=begin, packing=packing) as stream:
        return voxels(stream, shape, dtype, cancel)


def _where(fields: dict[str, str], path: Path, length: int) -> tuple[Path, int]:
    """Return the file that holds the voxels and the byte they begin at; −1 if they fill its end."""
    named = fields["elementdatafile"]
    if named.upper() == "LOCAL":
        source, offset = path, length
    elif named.upper().startswith("LIST") or "%" in named:
        raise wrong(path.name, "ElementDataFile", named, "LOCAL or the name of one file")
    else:
        source, offset = data_file(path, named), 0
    told = fields.get("headersize", "0")
    if not re.fullmatch(r"-1|[0-9]{1,15}", told):
        raise wrong(path.name, "HeaderSize", told, "a whole number")
    return source, -1 if told == "-1" else offset + int(told)


def _geometry(
    fields: dict[str, str], name: str, options: ReadOptions
) -> tuple[FloatArray, FloatArray, tuple[Notice, ...], bool]:
    """Return steps (row per array axis z, y, x), origin in LPS mm, what to say, and whether sides are known."""
    count = min(len(_shape(fields, name)), 3)
    notices: tuple[Notice, ...] = ()
    spacing = _numbers(fields, ("elementspacing", "elementsize"), name)
    steps = np.eye(3)
    if spacing is None:
        spacing, notices = told_by_user([1.0] * 3, name, options)
    scale = np.array([*spacing[:count], 1.0, 1.0][:3])
    matrix = _numbers(fields, ("transformmatrix", "rotation", "orientation"), name)
    known = matrix is not None and count == 3
    if matrix is not None:
        side = math.isqrt(len(matrix))
        if side * side != len(matrix) or side < count:
            raise wrong(name, "TransformMatrix", str(len(matrix)), "9 numbers")
        # one row per axis of the file, in LPS
        steps[:count, :count] = np.array(matrix).reshape(side, side)[:count, :count]
    if not known:
        notices = (unknown_orientation("The header has no TransformMatrix."), *notices)
    offset = _numbers(fields, ("offset", "origin", "position"), name) or [0.0] * 3
    origin = np.array([*offset[:count], 0.0, 0.0][:3])
    return (steps * scale[:, None])[::-1], origin, notices, known


def _numbers(fields: dict[str, str], names: tuple[str, ...], name: str) -> list[float] | None:
    for field in names:
        if field in fields:
            try:
                values = [float(word) for word in fields[field].split()]
            except ValueError:
                values = []
            if not values or not all(abs(value) <= _FARTHEST_MM for value in values):
                raise wrong(name, field, fields[field], "finite numbers")
            return values
    return None


def _recognises(head: bytes) -> bool:
    first = head[:256].lstrip()
    return first.startswith((b"ObjectType", b"NDims", b"Comment")) and b"=" in first[:64]


FORMAT = ImageFormat(".mha", _recognises, peek, read_raw)
