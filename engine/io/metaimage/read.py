"""MetaImage: ``.mha``, and ``.mhd`` with its data file, raw or zlib."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice, Volume
from engine.core.errors import FormatError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatArray, FloatZyx, IndexZyx
from engine.io.files.detached import data_file
from engine.io.files.inflate import Packing, Stream, check_memory, opened, packed_twice
from engine.io.images.raw import RawImage, unknown_orientation
from engine.io.images.to_volume import spacing_notice, to_volume
from engine.io.nifti.read import choose_time_point
from engine.io.nrrd.header import wrong
from engine.io.options import ReadOptions

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4",
    "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}  # fmt: skip
_LONGEST_HEADER = 1 << 20
_FARTHEST_MM = 1e7


def read_volume(
    path: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    progress: Progress = NoProgress(),  # noqa: B008 - holds nothing
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the CT in a MetaImage file.

    Raises:
        FormatError: the file is damaged or holds no volume.
        ChoiceNeeded: offset or time point are the user's to say.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    raw = read_raw(path, options, cancel=cancel)
    progress.update(1, 2, "checking")
    volume = to_volume(raw, path, options, cancel=cancel)
    progress.update(2, 2, "read")
    return volume


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
    while array.ndim < 3:
        array = array[np.newaxis]
    steps, origin, notices, known = _geometry(fields, name, options)
    return RawImage(array, steps, origin, "mha", notices=notices, orientation_known=known)


def _header(stream: Stream) -> tuple[dict[str, str], int]:
    """Return lower-case field → text and where the data begins: after the line ElementDataFile."""
    text = b""
    while len(text) < _LONGEST_HEADER:
        chunk = stream.read_some(1 << 14)
        text += chunk
        if text.startswith(b"\x1f\x8b"):
            raise packed_twice(stream.path)
        end = re.search(rb"^[ \t]*ElementDataFile[ \t]*=[^\r\n]*(\r?\n|\Z)", text, re.MULTILINE)
        if end and (end[1] or not chunk):
            lines = text[: end.end()].decode("utf-8", "replace").splitlines()
            pairs = (line.partition("=") for line in lines)
            return {key.strip().lower(): value.strip() for key, _, value in pairs}, end.end()
        if not chunk:
            break
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
    need = math.prod(shape_xyz) * dtype.itemsize
    what = f"An image of {' × '.join(map(str, shape_xyz))} voxels"
    source, offset = _where(fields, path, length, need, what)
    with opened(source, offset=offset, packing=packing) as stream:
        stream.must_hold(need, what)
        check_memory(path, need + math.prod(shape_xyz) * 2)
        array = np.empty(shape_xyz[::-1], dtype=dtype)
        stream.fill(array, what, cancel)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def _where(fields: dict[str, str], path: Path, length: int, need: int, what: str) -> tuple[Path, int]:
    """Return the file that holds the voxels and the byte they begin at."""
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
    if told == "-1":
        with opened(source, packing="none") as stream:
            stream.must_hold(need, what)
            return source, stream.stored - need
    return source, offset + int(told)


def _geometry(
    fields: dict[str, str], name: str, options: ReadOptions
) -> tuple[FloatArray, FloatArray, tuple[Notice, ...], bool]:
    """Return steps (row per array axis z, y, x), origin in LPS mm, what to say, and whether sides are known."""
    count = min(len(_shape(fields, name)), 3)
    notices: tuple[Notice, ...] = ()
    spacing = _numbers(fields, ("elementspacing", "elementsize"), name)
    steps = np.eye(3)
    if spacing is None:
        if options.pixel_spacing_mm and options.slice_spacing_mm:
            spacing = [options.pixel_spacing_mm] * 2 + [options.slice_spacing_mm]
        else:
            spacing, notices = [1.0] * 3, (spacing_notice(name),)
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
