"""NRRD: ``.nrrd`` and ``.nhdr`` with its data file, raw, gzip, bzip2 or text."""

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
from engine.io.images.raw import RawImage, Segment, unknown_orientation
from engine.io.images.stored import (
    begin_of_last,
    choose_time_point,
    header_text,
    of_three_axes,
    told_by_user,
    voxels,
    wrong,
)
from engine.io.nrrd.header import LONGEST_HEADER, NrrdHeader, parse_header, steps_of
from engine.io.options import ReadOptions

_PACKING: dict[str, Packing] = {
    "raw": "none", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2",
    "text": "none", "txt": "none", "ascii": "none",
}  # fmt: skip
_TEXT = ("text", "txt", "ascii")
_LONGEST_TEXT = 256 << 20
_END = re.compile(rb"\r?\n\r?\n")


def peek(path: Path) -> tuple[IndexZyx, FloatZyx]:
    """Return shape (z, y, x) and spacing in mm (z, y, x) as the header tells them; 1 mm where it tells none.

    Raises:
        FormatError: the header cannot be read.
    """
    with opened(path, packing="none") as stream:
        header = parse_header(_header_text(stream)[0], path.name)
    steps, _, _ = _steps(header, path.name, ReadOptions())  # refuses what has not two or three axes in space
    x, y, z = (*(header.axes[k].size for k in header.spatial), 1)[:3]
    dz, dy, dx = (float(s) for s in np.linalg.norm(steps, axis=1))
    return (z, y, x), (dz, dy, dx)


def read_raw(path: Path, options: ReadOptions = ReadOptions(), *, cancel: CancelToken | None = None) -> RawImage:  # noqa: B008
    """Return the voxels and the geometry of an NRRD file as they are stored.

    Raises:
        FormatError: the file is damaged or holds no volume of real numbers.
        ChoiceNeeded: the time point is the user's to say.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    with opened(path, packing="none") as stream:
        text, length = _header_text(stream)
    header = parse_header(text, path.name)
    header.dtype(path.name)  # refuse before looking for voxels
    other = header.other_axis(path.name)
    frame = 0 if other is None else choose_time_point(header.axes[other].size, path, options)
    detached = header.fields.get("data file", header.fields.get("datafile"))
    if detached is None:
        source, offset = path, length
    else:
        if detached.startswith("LIST") or re.search(r"%[0-9]*d", detached):
            raise wrong(path.name, "data file", detached, "the name of one file")
        source, offset = data_file(path, detached), 0
    array = _voxels(header, path, source, offset, cancel)
    if other is not None:
        array = np.ascontiguousarray(array.take(frame, axis=array.ndim - 1 - other))
    steps, notices, known = _steps(header, path.name, options)
    origin = np.array(header.origin or (0.0, 0.0, 0.0), dtype=np.float64)
    signs = np.array(header.signs or (1.0, 1.0, 1.0))
    return RawImage(
        array=of_three_axes(array),
        steps_lps=steps,
        origin_lps=origin * signs * header.unit_mm,
        kind="nrrd",
        notices=notices,
        orientation_known=known,
        segments=_segments(header.keys),
    )


def _header_text(stream: Stream) -> tuple[bytes, int]:
    """Return the header's text and where the data begins: after the first empty line, or at the end."""
    text, end = header_text(stream, _END, LONGEST_HEADER)
    if end:
        return text[: end.start()], end.end()
    if len(text) < LONGEST_HEADER:
        return text, len(text)
    raise FormatError(
        f"The header of “{stream.path.name}” has no end.",
        f"No empty line follows within {LONGEST_HEADER >> 20} MiB.",
        "Copy the file again from where it came.",
    )


def _voxels(header: NrrdHeader, path: Path, source: Path, offset: int, cancel: CancelToken | None) -> NDArray[Any]:
    dtype = header.dtype(path.name)
    encoding = header.fields.get("encoding", "").lower()
    if encoding not in _PACKING:
        raise wrong(path.name, "encoding", encoding, "raw, gzip, bzip2 or text")
    shape = tuple(axis.size for axis in reversed(header.axes))
    lines, skip = _skips(header, path.name)
    if skip < 0:
        offset, skip = begin_of_last(source, shape, dtype), 0
    if lines:
        offset = _after_lines(source, offset, lines)
    # line skip counts in the file, byte skip in what comes out of it
    with opened(source, offset=offset, packing=_PACKING[encoding]) as stream:
        if encoding in _TEXT:
            return _numbers(stream, shape, dtype, path)
        return voxels(stream, shape, dtype, cancel, skip=skip)


def _skips(header: NrrdHeader, name: str) -> tuple[int, int]:
    numbers: list[int] = []
    for field in ("line skip", "byte skip"):
        told = header.fields.get(field, header.fields.get(field.replace(" ", ""), "0"))
        if not re.fullmatch(r"-1|[0-9]{1,15}", told):
            raise wrong(name, field, told, "a whole number")
        numbers.append(int(told))
    lines, skip = numbers
    if lines < 0 or (skip < 0 and header.fields.get("encoding", "").lower() != "raw"):
        raise wrong(name, "byte skip", str(skip), "a positive number (−1 is for raw data only)")
    return lines, skip


def _after_lines(source: Path, offset: int, lines: int) -> int:
    with opened(source, offset=offset, packing="none") as stream:
        left = lines
        while left > 0:
            chunk = stream.read_some(1 << 16)
            if not chunk:
                raise wrong(source.name, "line skip", str(lines), "fewer lines")
            for end in re.finditer(rb"\n", chunk):
                left -= 1
                if left == 0:
                    return offset + end.end()
            offset += len(chunk)
    return offset


def _numbers(stream: Stream, shape: tuple[int, ...], dtype: np.dtype[np.generic], path: Path) -> NDArray[Any]:
    words = stream.rest(_LONGEST_TEXT).split()
    if len(words) != math.prod(shape):
        raise FormatError(
            f"“{path.name}” is cut short or damaged.",
            f"It holds {len(words):,} numbers; its header says {math.prod(shape):,}.",
            "Copy the file again from where it came.",
        )
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise FormatError(f"“{path.name}” holds something that is no number.", str(error)) from error
    return values.astype(dtype.newbyteorder("=")).reshape(shape)


def _steps(header: NrrdHeader, name: str, options: ReadOptions) -> tuple[FloatArray, tuple[Notice, ...], bool]:
    """Return the (3, 3) steps in LPS mm, row per array axis (z, y, x), what to say, and whether sides are known."""
    spatial = header.spatial
    if not 2 <= len(spatial) <= 3:
        raise wrong(name, "kinds or space directions", header.fields.get("kinds", ""), "two or three axes of space")
    steps = steps_of(header)
    if steps is not None and len(steps) == 3:
        signs = np.array(header.signs or (1.0, 1.0, 1.0))
        if header.signs is not None:
            return (steps * signs)[::-1], (), True
        space = header.fields.get("space", "")
        why = f"The header names no anatomical space (“{space}”)." if space else "The header names no space."
        return steps[::-1], (unknown_orientation(why),), False
    told = [header.axes[k].spacing for k in spatial]
    spacing = [abs(s) if s else 1.0 for s in told] + [1.0] * (3 - len(spatial))
    notices: tuple[Notice, ...] = ()
    if not all(told):
        spacing, notices = told_by_user(spacing, name, options)
    return np.diag(spacing)[::-1], (unknown_orientation("The header has no space directions."), *notices), False


def _segments(keys: dict[str, str]) -> tuple[Segment, ...]:
    """Return the segments of a 3D Slicer segmentation (``Segment0_Name`` and so on)."""
    found: list[Segment] = []
    for key, name in keys.items():
        match = re.fullmatch(r"Segment(\d+)_Name", key)
        value = keys.get(f"Segment{match[1]}_LabelValue", "") if match else ""
        if match and re.fullmatch(r"-?\d{1,18}", value):
            found.append(Segment(int(value), name, _colour(keys.get(f"Segment{match[1]}_Color", ""))))
    return tuple(found)


def _colour(text: str) -> str:
    try:
        parts = [float(word) for word in text.split()]
    except ValueError:
        return ""
    if len(parts) != 3 or not all(0 <= p <= 1 for p in parts):
        return ""
    return "#" + "".join(f"{round(p * 255):02x}" for p in parts)


FORMAT = ImageFormat(".nrrd", lambda head: head.startswith(b"NRRD"), peek, read_raw)
