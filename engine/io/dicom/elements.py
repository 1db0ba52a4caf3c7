"""DICOM data elements to bytes: explicit VR, little endian, sequences of defined length.

Source: DICOM PS3.5 §6.2 (value representations), §7.1 (data elements), §7.5 (sequences), PS3.10 §7.1 (file meta
information).
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from typing import TypeAlias

Value: TypeAlias = "str | bytes | int | Sequence[str] | Sequence[int] | Sequence[float] | Sequence[DataSet]"
DataSet: TypeAlias = "dict[tuple[int, str], Value]"
"""(tag, value representation) → value: texts and UIDs as str, DS as floats, US, UL and AT as ints, SQ as data sets."""

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLEMENTATION = "2.25.268716358404373208436120948376042301937"
_LONG = frozenset(("OB", "OW", "SQ", "UN", "UT"))
_LONGEST_DECIMAL = 16


def new_uid() -> str:
    """Return a UID that nobody else has (PS3.5 annex B.2: a random UUID as a number)."""
    return f"2.25.{uuid.uuid4().int}"


def file_bytes(data: DataSet, sop_class: str, sop_instance: str) -> bytes:
    """Return a whole file: preamble, meta information, data set.

    Args:
        data: The data set.
        sop_class: Its SOP class UID.
        sop_instance: Its SOP instance UID.
    """
    meta = encoded(
        {
            (0x00020001, "OB"): b"\0\1",
            (0x00020002, "UI"): sop_class,
            (0x00020003, "UI"): sop_instance,
            (0x00020010, "UI"): EXPLICIT_LITTLE,
            (0x00020012, "UI"): IMPLEMENTATION,
            (0x00020013, "SH"): "GROUNDGLASS",
        }
    )
    return bytes(128) + b"DICM" + encoded({(0x00020000, "UL"): len(meta)}) + meta + encoded(data)


def encoded(data: DataSet) -> bytes:
    """Return the elements of a data set in the order of their tags."""
    parts: list[bytes] = []
    for (tag, vr), value in sorted(data.items(), key=lambda item: item[0]):
        raw = _raw(vr, value)
        head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode("ascii"))
        parts += [head, struct.pack("<HI", 0, len(raw)) if vr in _LONG else struct.pack("<H", len(raw)), raw]
    return b"".join(parts)


def decimal(value: float) -> str:
    """Return a number as a decimal string, as exact as 16 letters allow."""
    text = repr(float(value))
    digits = 16
    while len(text) > _LONGEST_DECIMAL:
        digits -= 1
        text = f"{value:.{digits}g}"
    return text


def _raw(vr: str, value: Value) -> bytes:
    if vr == "SQ":
        return b"".join(_item(encoded(item)) for item in value if isinstance(item, dict))  # type: ignore[union-attr]
    if isinstance(value, bytes):
        return value + b"\0" * (len(value) % 2)
    several = [value] if isinstance(value, str | int) else list(value)
    if vr in ("US", "UL"):
        return struct.pack(f"<{len(several)}{'H' if vr == 'US' else 'I'}", *several)
    if vr == "AT":
        return b"".join(struct.pack("<HH", int(v) >> 16, int(v) & 0xFFFF) for v in several)  # type: ignore[arg-type]
    words = [decimal(v) if isinstance(v, float) else str(v) for v in several]
    text = "\\".join(words).encode("utf-8")
    return text + (b"\0" if vr == "UI" else b" ") * (len(text) % 2)


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content
