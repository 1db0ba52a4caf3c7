"""From a header to voxels: what the readers of NIfTI, NRRD and MetaImage share."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import Choice, FormatError
from engine.core.progress import CancelToken
from engine.io.files.inflate import Stream, check_memory, opened, packed_twice
from engine.io.images.to_volume import spacing_notice
from engine.io.options import ReadOptions, ask

_CHUNK = 1 << 16


def header_text(stream: Stream, end: re.Pattern[bytes], longest: int) -> tuple[bytes, re.Match[bytes] | None]:
    """Return what a file begins with and where its text header ends in it; None if it ends nowhere.

    Args:
        stream: At the beginning of the file.
        end: What a header ends with; a match that reaches to the last byte read may still grow.
        longest: Bytes after which nothing is looked for any more.

    Raises:
        FormatError: the file is packed as a whole.
    """
    text = b""
    while True:
        chunk = stream.read_some(_CHUNK)
        text += chunk
        if text.startswith(b"\x1f\x8b"):
            raise packed_twice(stream.path)
        found = end.search(text)
        if not chunk or len(text) >= longest or (found and found.end() < len(text)):
            return text, found


def voxels(
    stream: Stream,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    cancel: CancelToken | None,
    *,
    skip: int = 0,
    behind: int = 0,
    times: int = 1,
) -> NDArray[Any]:
    """Return the next voxels of a file in native byte order.

    Memory is asked for only when the file holds as much as its header says.

    Args:
        stream: Where the voxels begin.
        shape: Of the array, slowest axis first.
        dtype: As stored.
        cancel: Looked at while reading.
        skip: Bytes to leave out before them.
        behind: Bytes that must follow them.
        times: Time points the header tells, for messages.

    Raises:
        FormatError: the file is cut short.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    count = math.prod(shape)  # Python integers: a hostile header cannot overflow them
    need = count * dtype.itemsize
    what = named(shape) + (f" at {times} times" if times > 1 else "")
    stream.must_hold(skip + need + behind, what)
    check_memory(stream.path, need + count * np.dtype(np.int16).itemsize)
    stream.skip(skip, what, cancel)
    array = np.empty(shape, dtype=dtype)
    stream.fill(array, what, cancel)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def begin_of_last(source: Path, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> int:
    """Return the byte at which voxels begin that fill the end of a file.

    Raises:
        FormatError: the file is shorter than they are.
    """
    need = math.prod(shape) * dtype.itemsize
    with opened(source, packing="none") as stream:
        stream.must_hold(need, named(shape))
        return stream.stored - need


def named(shape: tuple[int, ...]) -> str:
    """Return an image's size for messages, x first."""
    return f"An image of {' × '.join(map(str, reversed(shape)))} voxels"


def of_three_axes(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with a slice axis in front where it has none."""
    return array.reshape((1,) * (3 - array.ndim) + array.shape)


def choose_time_point(times: int, path: Path, options: ReadOptions) -> int:
    """Return the time point to read, from 0.

    Raises:
        ChoiceNeeded: there are several, and none was chosen.
        FormatError: the chosen one is not there.
    """
    if times == 1:
        return 0
    if options.time_point is None:
        shown = tuple(Choice(str(t), f"Time point {t} of 0 to {times - 1}") for t in range(min(times, 20)))
        raise ask(f"“{path.name}” holds {times} volumes.", "One can be opened at a time.", "time_point", *shown)
    if options.time_point >= times:
        raise FormatError(
            f"“{path.name}” has no time point {options.time_point}.",
            f"It has 0 to {times - 1}.",
            "Choose one of those.",
        )
    return options.time_point


def told_by_user(spacing_xyz: list[float], name: str, options: ReadOptions) -> tuple[list[float], tuple[Notice, ...]]:
    """Return the spacing (x, y, z) in mm of a file that tells none: the user's, or the one given and a warning."""
    if options.pixel_spacing_mm and options.slice_spacing_mm:
        return [options.pixel_spacing_mm, options.pixel_spacing_mm, options.slice_spacing_mm], ()
    return spacing_xyz, (spacing_notice(name),)


def wrong(name: str, field: str, value: str, wanted: str) -> FormatError:
    """Return the error of a header field."""
    return FormatError(
        f"The header of “{name}” cannot be used.",
        f"Its “{field}” is “{value[:80]}”; {wanted} is needed.",
        "Correct the header, or export the file again from where it was made.",
    )
