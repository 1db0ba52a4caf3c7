"""Records of the journal: framed, checksummed, appended one after the other.

A file is one line that names the format, then records: mark, kind, length, CRC-32, payload. Whatever is
torn or damaged at the end is left out; after damage in the middle reading goes on at the next anchor.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from engine.core.errors import FormatError
from engine.core.types import IndexZyx, LabelArray

SIGNATURE = b"groundglass journal 1\n"
_MARK = b"\xa7GG\xa7"
_HEADER = struct.Struct("<4sBII")
_LEVEL = 1
_SLAB_BYTES = 1 << 20


class Kind(IntEnum):
    """What a record holds."""

    HEAD = 1
    """JSON: the series, its grid. The first record."""
    OLD = 2
    """A change that was in the history when the file was written."""
    ANCHOR = 3
    """The label map and label set as they are at this point."""
    STEP = 4
    """A change that was done."""
    MOVE = 5
    """Undo or redo: the number of steps now in force."""
    CLOSED = 6
    """The case was closed properly."""


_KINDS = frozenset(int(kind) for kind in Kind)


@dataclass(frozen=True)
class Record:
    """One whole record.

    Args:
        kind: What it holds.
        payload: Its content.
        after_gap: Whether records before it were damaged and left out.
    """

    kind: Kind
    payload: bytes
    after_gap: bool = False


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """Return a record as it is appended."""
    header = _HEADER.pack(_MARK, kind, len(payload), zlib.crc32(payload, kind))
    return header + payload


def read_records(path: Path) -> tuple[list[Record], bool]:
    """Return the whole records of a journal, and whether nothing else is in it.

    Raises:
        FormatError: it is no journal at all.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    if not data.startswith(SIGNATURE):
        raise FormatError("This is no journal of a case.", "Its first line is another.", "Open the series again.")
    records: list[Record] = []
    at, gap, whole = len(SIGNATURE), False, True
    while at < len(data):
        found = _record_at(data, at)
        if found is None or (gap and found[0].kind is not Kind.ANCHOR):
            # Steps after a gap rest on what is lost; an anchor rests on nothing.
            gap, whole = True, False
            at = data.find(_MARK, at + 1)
            if at < 0:
                break
            continue
        record, at = found
        records.append(Record(record.kind, record.payload, after_gap=gap))
        gap = False
    return records, whole


def _record_at(data: bytes, at: int) -> tuple[Record, int] | None:
    if at + _HEADER.size > len(data):
        return None
    mark, kind, length, check = _HEADER.unpack_from(data, at)
    start = at + _HEADER.size
    payload = data[start : start + length]
    if mark != _MARK or len(payload) != length or zlib.crc32(payload, kind) != check or kind not in _KINDS:
        return None
    return Record(Kind(kind), payload), start + length


def pack_parts(head: dict[str, Any], *parts: bytes) -> bytes:
    """Return JSON and binary parts as one piece of bytes."""
    text = json.dumps({**head, "sizes": [len(p) for p in parts]}, ensure_ascii=False).encode()
    return struct.pack("<I", len(text)) + text + b"".join(parts)


def unpack_parts(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return what `pack_parts` was given.

    Raises:
        FormatError: the bytes are something else.
    """
    try:
        (length,) = struct.unpack_from("<I", data)
        head: dict[str, Any] = json.loads(data[4 : 4 + length])
        parts: list[bytes] = []
        at = 4 + length
        for size in head.pop("sizes"):
            parts.append(data[at : at + size])
            at += size
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError("A step of the history is damaged.", type(error).__name__) from error
    return head, parts


def pack_labels(values: LabelArray) -> bytes:
    """Return label ids compressed (zstd level 1). Cost: 22 ms for 512×512×300."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(np.ascontiguousarray(values).data)


def unpack_labels(data: bytes, shape_zyx: IndexZyx) -> LabelArray:
    """Return the label ids that `pack_labels` compressed, read-only.

    Raises:
        FormatError: they are damaged or of another shape.
    """
    size = int(np.prod(shape_zyx))
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise FormatError("A step of the history is damaged.", str(error)) from error
    values = np.frombuffer(raw, dtype=np.uint8)
    if values.size != size:
        raise FormatError("A step of the history is damaged.", f"{values.size} of {size} voxels are there.")
    return values.reshape(shape_zyx)


def unpack_slabs(data: bytes, shape_zyx: IndexZyx) -> Iterator[LabelArray]:
    """Yield what `unpack_labels` returns in slabs along z, each valid until the next.

    A whole map is brought back in half the time: the room it is unpacked into stays in the processor's cache.

    Raises:
        FormatError: they are damaged or of another shape.
    """
    count, *plane = shape_zyx
    size = int(np.prod(plane))
    if count * size <= _SLAB_BYTES:
        yield unpack_labels(data, shape_zyx)
        return
    try:
        held = zstandard.frame_content_size(data)
    except zstandard.ZstdError as error:
        raise FormatError("A step of the history is damaged.", str(error)) from error
    if held != count * size:
        raise FormatError("A step of the history is damaged.", f"It does not hold {count * size} voxels.")
    reader = zstandard.ZstdDecompressor().stream_reader(data)
    room = np.empty((max(1, _SLAB_BYTES // max(1, size)), *plane), dtype=np.uint8)
    for start in range(0, count, len(room)):
        slab = room[: count - start]
        _fill(slab.reshape(-1), reader)
        yield slab


def _fill(flat: LabelArray, reader: zstandard.ZstdDecompressionReader) -> None:
    filled = 0
    while filled < flat.size:
        try:
            got = reader.readinto(flat[filled:].data)  # pyright: ignore[reportUnknownMemberType]
        except zstandard.ZstdError as error:
            raise FormatError("A step of the history is damaged.", str(error)) from error
        if not got:
            raise FormatError("A step of the history is damaged.", "It ends too early.")
        filled += got
