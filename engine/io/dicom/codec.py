"""Compressed frames: finding them in the file, reading their own heads, wrapping them for the decoder.

What a frame claims about itself is checked before any decoder sees it: its size, its samples, a depth that
exists in its syntax. The decoding itself is `engine.io.dicom.decoder`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from engine.io.dicom.slice import Slice

RLE = "1.2.840.10008.1.2.5"
_J2K = ("1.2.840.10008.1.2.4.9", "1.2.840.10008.1.2.4.20")
_JPEG = ("1.2.840.10008.1.2.4.5", "1.2.840.10008.1.2.4.6", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.8")
_LOSSY = frozenset(
    f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 52, 53, 54, 55, 56, 59, 60, 61, 62, 63, 64, 81, 91, 93, 203)
)
_CT_IMAGE = b"1.2.840.10008.5.1.4.1.1.2"
_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
_NO_FRAME_MARKERS = frozenset({0xC4, 0xC8, 0xCC})


@dataclass(frozen=True)
class Stream:
    """What the head of a compressed frame says of itself; −1 where it says nothing (RLE)."""

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool | None


def is_lossy(syntax: str) -> bool:
    """Whether values in this syntax may differ from those the scanner made."""
    return syntax in _LOSSY


def is_decodable(syntax: str) -> bool:
    """Whether this compressed syntax is a still-image one that the decoder knows; video is not."""
    return syntax == RLE or syntax.startswith((*_J2K, *_JPEG))


def frames_in(data: bytes, count: int) -> list[bytes]:
    """Return the compressed frames of an encapsulated Pixel Data value.

    Args:
        data: From the value's first byte on.
        count: How many frames the header announces.

    Raises:
        ValueError: the items cannot be followed, or do not add up to `count` frames.

    Source: DICOM PS3.5 A.4.
    """
    items: list[tuple[int, bytes]] = []
    pos = 0
    while pos + 8 <= len(data):
        group, element, length = struct.unpack_from("<HHI", data, pos)
        tag = group << 16 | element
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise ValueError(f"({group:04X},{element:04X}) stands where a piece of the frame should begin")
        if pos + 8 + length > len(data):
            raise ValueError("the file ends inside the compressed frame")
        items.append((pos, data[pos + 8 : pos + 8 + length]))
        pos += 8 + length
    if len(items) < 2:
        raise ValueError("there is no compressed frame")
    table, fragments = items[0][1], items[1:]
    if count == 1:
        return [b"".join(f for _, f in fragments)]
    if len(fragments) == count:
        return [f for _, f in fragments]
    starts = list(struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4]))
    if len(starts) == count:
        base = fragments[0][0]
        edges = [*starts[1:], len(data)]
        return [
            b"".join(f for at, f in fragments if start <= at - base < end)
            for start, end in zip(starts, edges, strict=True)
        ]
    joined: list[bytes] = []
    for _, fragment in fragments:  # no table: a new frame begins with the marker of a new stream
        if fragment[:4] in (b"\xff\x4f\xff\x51",) or fragment[:2] == b"\xff\xd8" or not joined:
            joined.append(fragment)
        else:
            joined[-1] += fragment
    if len(joined) != count:
        raise ValueError(f"{len(joined)} frames are there, NumberOfFrames (0028,0008) is {count}")
    return joined


def stream_of(data: bytes, syntax: str) -> Stream:
    """Return what the head of a compressed frame says.

    Raises:
        ValueError: it does not begin as its syntax must.
    """
    if syntax == RLE:
        if len(data) < 64 or not 1 <= struct.unpack_from("<I", data)[0] <= 15:
            raise ValueError("the RLE header is damaged")
        return Stream(-1, -1, -1, -1, None)
    if syntax.startswith(_J2K):
        return _jpeg2000(data)
    return _jpeg(data)


def _jpeg2000(data: bytes) -> Stream:
    start = data[:4096].find(b"\xff\x4f\xff\x51")
    if start < 0 or len(data) < start + 43:
        raise ValueError("the JPEG 2000 stream has no size marker")
    width, height, left, top = struct.unpack_from(">4I", data, start + 8)
    (samples,) = struct.unpack_from(">H", data, start + 40)
    depth = data[start + 42]
    if not 1 <= (depth & 0x7F) + 1 <= 16:
        raise ValueError(f"a precision of {(depth & 0x7F) + 1} bits is not used in CT")
    return Stream(height - top, width - left, samples, (depth & 0x7F) + 1, signed=bool(depth & 0x80))


def _jpeg(data: bytes) -> Stream:
    if data[:2] != b"\xff\xd8":
        raise ValueError("the JPEG stream does not begin with its marker")
    pos = 2
    while pos + 9 < len(data):
        if data[pos] != 0xFF:
            raise ValueError("the JPEG stream is damaged before its frame header")
        marker = data[pos + 1]
        if marker == 0xFF:  # fill byte
            pos += 1
            continue
        if (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_MARKERS) or marker == 0xF7:
            precision, rows, columns, samples = struct.unpack_from(">BHHB", data, pos + 4)
            if not 2 <= precision <= 16:
                raise ValueError(f"a precision of {precision} bits does not exist in JPEG")
            return Stream(rows, columns, samples, precision, None)
        pos += 2 + struct.unpack_from(">H", data, pos + 2)[0]
    raise ValueError("the JPEG stream has no frame header")


def is_cut_short(data: bytes, syntax: str) -> bool:
    """Whether the stream lacks its end marker: what a decoder fills in then is invented."""
    if syntax == RLE:
        return False
    return b"\xff\xd9" not in data[-64:].rstrip(b"\0")[-4:]


def wrapped(one: Slice, stream: Stream, data: bytes) -> bytes:
    """Return a minimal DICOM file, explicit little endian header, around one compressed frame."""
    allocated = 8 if one.bits_allocated == 8 and stream.precision <= 8 else 16
    if stream.precision > 0:
        # The stream's own depth holds (JPEG 2000 whose BitsStored is wrong decodes to nonsense otherwise).
        stored, signed = stream.precision, bool(stream.signed)
    else:
        stored, signed = allocated, bool(stream.signed)
    head = b"".join(
        [
            _element(0x0008, 0x0016, b"UI", _CT_IMAGE),
            _element(0x0008, 0x0018, b"UI", b"1.2.3.4"),
            _element(0x0028, 0x0002, b"US", struct.pack("<H", 1)),
            _element(0x0028, 0x0004, b"CS", b"MONOCHROME2"),
            _element(0x0028, 0x0010, b"US", struct.pack("<H", one.rows)),
            _element(0x0028, 0x0011, b"US", struct.pack("<H", one.columns)),
            _element(0x0028, 0x0100, b"US", struct.pack("<H", allocated)),
            _element(0x0028, 0x0101, b"US", struct.pack("<H", stored)),
            _element(0x0028, 0x0102, b"US", struct.pack("<H", stored - 1)),
            _element(0x0028, 0x0103, b"US", struct.pack("<H", int(signed))),
        ]
    )
    meta = b"".join(
        [
            _element(0x0002, 0x0002, b"UI", _CT_IMAGE),
            _element(0x0002, 0x0003, b"UI", b"1.2.3.4"),
            _element(0x0002, 0x0010, b"UI", one.syntax.encode()),
            _element(0x0002, 0x0012, b"UI", b"1.2.3.5"),
        ]
    )
    meta = _element(0x0002, 0x0000, b"UL", struct.pack("<I", len(meta))) + meta
    even = data + b"\0" * (len(data) % 2)
    pixels = b"".join(
        [
            struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF),
            struct.pack("<HHI", 0xFFFE, 0xE000, 0),
            struct.pack("<HHI", 0xFFFE, 0xE000, len(even)),
            even,
            struct.pack("<HHI", 0xFFFE, 0xE0DD, 0),
        ]
    )
    return b"\0" * 128 + b"DICM" + meta + head + pixels


def _element(group: int, element: int, vr: bytes, value: bytes) -> bytes:
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", group, element, vr, len(value)) + value
