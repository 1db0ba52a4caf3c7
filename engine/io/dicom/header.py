"""The header of a DICOM file, read with bounds: never past the bytes at hand, never deeper than 16 levels.

Why not pydicom here: importing it costs more (0.3 s) than the first slice may take (0.2 s), and a hostile
file must not be able to make it recurse or inflate without limit. Tests compare every value with pydicom.
Only the elements named in :data:`WANTED` are kept; all others are stepped over.

Source: DICOM PS3.5 §7 (data elements), §7.5 (sequences), §6.2.2 note 4 (UN of undefined length is implicit
little endian), PS3.10 §7 (file meta information).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TypeAlias

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})
"""Transfer syntaxes whose pixels stand in the file as they are."""

HEAD_BYTES = 1 << 16
"""Enough for the header of nearly every slice; more is read only when it is not."""
MAX_HEADER_BYTES = 1 << 26
"""A multi-frame file of 10 000 frames needs about 10 MiB."""
_MAX_DEPTH = 16
_UNDEFINED = 0xFFFFFFFF
_PIXEL_DATA = 0x7FE00010
_FLOAT_PIXELS = (0x7FE00008, 0x7FE00009)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())

SHARED_GROUPS, FRAME_GROUPS, DIRECTORY_RECORDS = 0x52009229, 0x52009230, 0x00041220
_KEPT_SEQUENCES = frozenset({SHARED_GROUPS, FRAME_GROUPS, DIRECTORY_RECORDS})
_KEPT = {
    0x0002: "0010",
    0x0008: "0005 0008 0016 0018 0020 0021 0022 0032 0050 0060 0080 0090 103E 1070",
    0x0010: "0010 0020 0030 1000 1001 1040",
    0x0018: "0015 0050 0088 1030 1164 1210 5100",
    0x0020: "000D 000E 0011 0012 0013 0032 0037 0052 0100",
    0x0028: "0002 0004 0006 0008 0010 0011 0030 0100 0101 0102 0103 0120 1052 1053 3000",
}
WANTED = frozenset(group << 16 | int(element, 16) for group, elements in _KEPT.items() for element in elements.split())

Items: TypeAlias = "list[Elements]"
Elements: TypeAlias = "dict[int, bytes | Items]"


class HeaderError(ValueError):
    """The bytes are no DICOM header, or one beyond the bounds; says why in one sentence."""


class MoreBytesNeeded(Exception):
    """The header goes on behind the bytes at hand; `count` bytes from the start are needed at least."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(slots=True)
class Header:
    """What the header of one file says.

    Args:
        syntax: Transfer syntax UID.
        big_endian: Byte order of numbers and native pixels.
        elements: Tag → raw value; for kept sequences a list of such dictionaries.
        pixel_offset: Where the value of Pixel Data begins; −1 if there is none.
        pixel_length: Its length as told; −1 where the frames are encapsulated.
        float_pixels: Whether pixels are floating point, which CT never is.
        inflated: The data set in the clear where the file was deflated; offsets then count in it.
    """

    syntax: str
    big_endian: bool
    elements: Elements = field(default_factory=dict)
    pixel_offset: int = -1
    pixel_length: int = 0
    float_pixels: bool = False
    inflated: bytes | None = None


def parse(head: bytes, *, whole: bool, inflate_limit: int = 1 << 28) -> Header:
    """Return the header at the start of a file.

    Args:
        head: The first bytes of the file.
        whole: Whether `head` is the entire file; then a header that ends early is taken as far as it goes.
        inflate_limit: Largest deflated data set to inflate, in bytes.

    Raises:
        HeaderError: no DICOM, or beyond the bounds.
        MoreBytesNeeded: `head` ends inside the header and the file goes on.
    """
    header, start = _meta(head)
    if header.syntax == DEFLATED:
        if not whole:
            raise MoreBytesNeeded(MAX_HEADER_BYTES)
        head, start = _inflate(head[start:], inflate_limit), 0
        header.inflated = head
    explicit = header.syntax != IMPLICIT
    if len(head) >= start + 6:
        # Some writers name one syntax and use the other; the first element tells.
        explicit = head[start + 4 : start + 6] in _SHORT_VRS | _LONG_VRS
    walker = _Walker(head, whole=whole, big_endian=header.big_endian, header=header)
    try:
        walker.data_set(start, len(head), header.elements, explicit=explicit, depth=0)
    except struct.error:
        if not whole:
            raise MoreBytesNeeded(len(head) * 4) from None
    return header


def _meta(head: bytes) -> tuple[Header, int]:
    """Return an empty header with the transfer syntax, and where the data set begins."""
    if head[128:132] == b"DICM":
        start = 132
    elif head[:4] in (b"\x02\x00\x00\x00", b"\x02\x00\x10\x00", b"\x08\x00\x00\x00", b"\x08\x00\x01\x00") or (
        head[:2] == b"\x08\x00" and head[2:4] in (b"\x05\x00", b"\x08\x00", b"\x12\x00", b"\x16\x00")
    ):
        start = 0  # older archives write the data set without a preamble
    else:
        raise HeaderError("It does not begin like a DICOM file.")
    header = Header(IMPLICIT, big_endian=False)
    named = False
    while head[start : start + 2] == b"\x02\x00":
        if start + 12 > len(head):
            raise HeaderError("Its file meta information is cut off.")
        vr = head[start + 4 : start + 6]
        element, length = struct.unpack_from("<2xH2xH", head, start)
        value = start + 8
        if vr in _LONG_VRS:
            (length,) = struct.unpack_from("<I", head, start + 8)
            value = start + 12
        elif vr not in _SHORT_VRS:  # implicit meta information: wrong, but seen
            (length,) = struct.unpack_from("<I", head, start + 4)
        if value + length > len(head):
            raise HeaderError("Its file meta information is cut off.")
        if element == 0x0010:
            header.syntax = head[value : value + length].rstrip(b"\0 ").decode("ascii", "replace")
            named = True
        start = value + length
    if not named and head[start + 4 : start + 6] in _SHORT_VRS | _LONG_VRS:
        header.syntax = EXPLICIT
    header.big_endian = header.syntax == BIG_ENDIAN
    return header, start


def _inflate(data: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=-15)
    try:
        clear = inflater.decompress(data, limit)
    except zlib.error:
        raise HeaderError("Its deflated data set is damaged.") from None
    if inflater.unconsumed_tail:
        raise HeaderError(f"Its deflated data set is larger than {limit >> 20} MiB.")
    return clear


class _Walker:
    """Steps over the elements of one data set; every step goes forward by at least 8 bytes."""

    def __init__(self, data: bytes, *, whole: bool, big_endian: bool, header: Header) -> None:
        self.data = data
        self.whole = whole
        self.header = header
        order = ">" if big_endian else "<"
        self.order = order
        self.explicit_head = struct.Struct(order + "HH2sH").unpack_from
        self.implicit_head = struct.Struct(order + "HHI").unpack_from
        self.u32 = struct.Struct(order + "I").unpack_from

    def data_set(self, pos: int, end: int, keep: Elements | None, *, explicit: bool, depth: int) -> int:
        """Read elements from `pos` to `end` or the end of the item; return where they ended."""
        data, kept_here = self.data, WANTED
        while pos + 8 <= end:
            tag, vr, length, value = self._element(pos, explicit=explicit)
            if depth == 0 and tag >= 0x7FE00008 and (tag == _PIXEL_DATA or tag in _FLOAT_PIXELS):
                self._pixels(tag, value, length)
                return pos
            if tag in (_ITEM_END, _SEQUENCE_END):
                return value if tag == _ITEM_END else pos
            if length == _UNDEFINED or (keep is not None and self._is_sequence(tag, vr, depth)):
                stop = end if length == _UNDEFINED else min(value + length, end)
                items: Items | None = [] if keep is not None and self._is_sequence(tag, vr, depth) else None
                inner = explicit and vr != b"UN"
                pos = self.sequence(value, stop, items, explicit=inner, depth=depth + 1)
                if keep is not None and items is not None:
                    keep[tag] = items
                if length != _UNDEFINED:
                    pos = value + length
            else:
                pos = value + length
                if keep is not None and (depth or tag in kept_here):
                    keep[tag] = data[value : min(pos, end)]
        if pos + 8 > end and depth == 0 and not self.whole:
            raise MoreBytesNeeded(max(pos + 4096, len(data) * 4))
        return pos

    def _element(self, pos: int, *, explicit: bool) -> tuple[int, bytes, int, int]:
        """Return tag, VR, length and where the value begins of the element at `pos`."""
        if not explicit:
            group, element, length = self.implicit_head(self.data, pos)
            return group << 16 | element, b"", length, pos + 8
        group, element, vr, length = self.explicit_head(self.data, pos)
        tag = group << 16 | element
        if vr in _SHORT_VRS:
            return tag, vr, length, pos + 8
        if vr in _LONG_VRS:
            return tag, vr, self.u32(self.data, pos + 8)[0], pos + 12
        return tag, vr, self.u32(self.data, pos + 4)[0], pos + 8  # delimiters, and lone implicit elements

    def sequence(self, pos: int, end: int, items: Items | None, *, explicit: bool, depth: int) -> int:
        """Read the items of a sequence; return where it ended."""
        if depth > _MAX_DEPTH:
            raise HeaderError(f"Its sequences are nested more than {_MAX_DEPTH} deep.")
        while pos + 8 <= end:
            group, element, length = self.implicit_head(self.data, pos)
            tag = group << 16 | element
            pos += 8
            if tag == _SEQUENCE_END:
                return pos
            if tag != _ITEM:
                raise HeaderError(f"A sequence holds ({group:04X},{element:04X}) where an item should begin.")
            item: Elements | None = None
            if items is not None:
                item = {}
                items.append(item)
            if length == _UNDEFINED:
                pos = self.data_set(pos, end, item, explicit=explicit, depth=depth)
            else:
                if item is not None:
                    self.data_set(pos, min(pos + length, end), item, explicit=explicit, depth=depth)
                pos += length
        if not self.whole and end == len(self.data):
            raise MoreBytesNeeded(max(pos + 4096, len(self.data) * 4))
        return pos

    def _is_sequence(self, tag: int, vr: bytes, depth: int) -> bool:
        """Whether the items of this element are kept: the named ones, and all inside those."""
        if tag in _KEPT_SEQUENCES:
            return True
        if depth == 0:
            return False
        return vr == b"SQ" or (not vr and tag in _IMPLICIT_SEQUENCES)

    def _pixels(self, tag: int, value: int, length: int) -> None:
        self.header.pixel_offset = value
        self.header.pixel_length = -1 if length == _UNDEFINED else length
        self.header.float_pixels = tag in _FLOAT_PIXELS


_IMPLICIT_SEQUENCES = frozenset({0x00209111, 0x00209113, 0x00209116, 0x00289110, 0x00289145, 0x00189314, 0x00189329})
"""Functional groups we look into; without VRs in the file they cannot be told from other elements."""
