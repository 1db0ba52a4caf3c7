"""One image of a DICOM file: where its pixels stand, what they mean, where it lies in the patient.

A classic file gives one, an enhanced one as many as it has frames (`engine.io.dicom.multiframe`).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from engine.core.errors import DicomError
from engine.core.types import PointLps
from engine.io.dicom.header import (
    HEAD_BYTES,
    MAX_HEADER_BYTES,
    NATIVE,
    Elements,
    Header,
    HeaderError,
    MoreBytesNeeded,
    parse,
)
from engine.io.files.members import Member
from engine.io.privacy import cleaned

Cosines = tuple[float, float, float, float, float, float]

_IDENTITIES = (
    0x00100010, 0x00100020, 0x00100030, 0x00101000, 0x00101001, 0x00101040, 0x00080050, 0x00080080, 0x00080090,
    0x00081070,
)  # fmt: skip
_CHARSETS = {
    "": "latin-1", "ISO_IR 6": "latin-1", "ISO_IR 100": "latin-1", "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3", "ISO_IR 110": "iso8859-4", "ISO_IR 144": "iso8859-5", "ISO_IR 127": "iso8859-6",
    "ISO_IR 126": "iso8859-7", "ISO_IR 138": "iso8859-8", "ISO_IR 148": "iso8859-9", "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859-11", "ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk",
    "ISO 2022 IR 87": "iso2022_jp", "ISO 2022 IR 159": "iso2022_jp_2", "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 58": "gb2312",
}  # fmt: skip


@dataclass(slots=True)
class Slice:
    """One image. Lengths in mm, LPS.

    Args:
        member: The file it stands in.
        syntax: Transfer syntax UID.
        big_endian: Byte order of native pixels.
        pixel_offset: Where the pixels of the FILE begin, −1 if there are none.
        pixel_length: Their length, −1 where encapsulated.
        inflated: The data set of a deflated file.
        frame: Index of the image in its file.
        frames: Images in its file.
        rows: Height in pixels.
        columns: Width in pixels.
        bits_allocated: Bits a pixel takes.
        bits_stored: Bits of it that hold the value.
        high_bit: The uppermost of those.
        signed: Whether the value is two's complement.
        samples: Samples per pixel; 3 is colour.
        photometric: ``"MONOCHROME2"`` …
        slope: Rescale slope; None where the file tells none.
        intercept: Rescale intercept; None where the file tells none.
        padding: Stored value outside the field of view.
        position: ImagePositionPatient.
        orientation: ImageOrientationPatient.
        pixel_spacing: (row distance, column distance).
        imager_spacing: The same at the detector: not in the patient.
        thickness_mm: Slice thickness.
        told_spacing_mm: SpacingBetweenSlices, never used but to suggest an answer.
        instance: InstanceNumber.
        groups: What may tell two acquisitions in one series apart: temporal position, acquisition number,
            image type, kernel, acquisition time.
        image_type: ImageType or FrameType, upper case, joined by backslashes.
        kernel: Reconstruction kernel.
        truncated: Whether the file ends before its pixels do.
        float_pixels: Whether pixels are floating point.
        lut: Whether values go through a table instead of slope and intercept.
        sop_uid: Identity of the file; never shown.
        series_uid: Identity of the series; never shown.
        sop_class: What kind of object it is.
        modality: ``"CT"`` …
        body_part: Upper case.
        description: SeriesDescription, cleaned of names.
        protocol: ProtocolName, cleaned of names.
        series_number: For the order of the table.
        date: ISO date.
        patient_position: ``"HFS"`` …
    """

    member: Member
    syntax: str
    big_endian: bool
    pixel_offset: int
    pixel_length: int
    inflated: bytes | None
    frame: int
    frames: int
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    samples: int
    photometric: str
    slope: float | None
    intercept: float | None
    padding: int | None
    position: PointLps | None
    orientation: Cosines | None
    pixel_spacing: tuple[float, float] | None
    imager_spacing: tuple[float, float] | None
    thickness_mm: float | None
    told_spacing_mm: float | None
    instance: int
    groups: tuple[str, ...]
    image_type: str
    kernel: str
    truncated: bool
    float_pixels: bool
    lut: bool
    sop_uid: str
    series_uid: str
    sop_class: str
    modality: str
    body_part: str
    description: str
    protocol: str
    series_number: int
    date: str
    patient_position: str

    @property
    def native(self) -> bool:
        """Whether the pixels stand in the file uncompressed."""
        return self.syntax in NATIVE

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.member.name if self.frames == 1 else f"{self.member.name}, frame {self.frame + 1}"

    @property
    def frame_bytes(self) -> int:
        """Bytes of one native image."""
        return self.rows * self.columns * self.samples * max(1, self.bits_allocated // 8)


def header_of(member: Member, head: bytes | None = None) -> Header:
    """Return the header of a file, reading no more than it takes (64 KiB for nearly all).

    Raises:
        HeaderError: no DICOM, or a header beyond the bounds.
        GroundglassError: the file cannot be read.
    """
    head = member.read(0, HEAD_BYTES) if head is None else head
    while True:
        whole = len(head) >= member.size
        try:
            return parse(head, whole=whole)
        except MoreBytesNeeded as need:
            if need.count > MAX_HEADER_BYTES and len(head) >= MAX_HEADER_BYTES:
                raise HeaderError(f"Its header is longer than {MAX_HEADER_BYTES >> 20} MiB.") from None
            wanted = min(max(need.count, 2 * len(head)), MAX_HEADER_BYTES, member.size)
            longer = member.read(0, wanted)
            if len(longer) <= len(head):
                return parse(head, whole=True)
            head = longer


def text(elements: Elements, tag: int) -> str:
    """Return a text element of the default repertoire (codes, UIDs, numbers), stripped."""
    value = elements.get(tag, b"")
    return value.rstrip(b"\0 ").decode("latin-1").strip() if isinstance(value, bytes) else ""


def free_text(elements: Elements, tag: int) -> str:
    """Return a text element in the file's own character set."""
    value = elements.get(tag, b"")
    if not isinstance(value, bytes):
        return ""
    charset = text(elements, 0x00080005).split("\\")[-1].strip()
    return value.rstrip(b"\0 ").decode(_CHARSETS.get(charset, "latin-1"), "replace").strip()


def floats(elements: Elements, tag: int, count: int) -> tuple[float, ...] | None:
    """Return the numbers of a DS element, or None unless there are `count` finite ones."""
    words = text(elements, tag).split("\\")
    if len(words) < count:
        return None
    try:
        values = tuple(float(w) for w in words[:count])
    except ValueError:
        return None
    return values if all(math.isfinite(v) and abs(v) < 1e9 for v in values) else None


def number(elements: Elements, tag: int) -> float | None:
    """Return the first number of a DS element, or None."""
    values = floats(elements, tag, 1)
    return values[0] if values else None


def integer(elements: Elements, tag: int, default: int = 0) -> int:
    """Return an IS element."""
    value = number(elements, tag)
    return default if value is None else int(value)


def short(elements: Elements, tag: int, *, big_endian: bool, default: int = 0, signed: bool = False) -> int:
    """Return a US or SS element."""
    value = elements.get(tag)
    if not isinstance(value, bytes) or len(value) < 2:
        return default
    return int(struct.unpack_from((">" if big_endian else "<") + ("h" if signed else "H"), value)[0])


def positive_pair(elements: Elements, tag: int) -> tuple[float, float] | None:
    """Return two spacings, or None unless both are positive."""
    values = floats(elements, tag, 2)
    return (values[0], values[1]) if values and min(values) > 0 else None


def positive(elements: Elements, tag: int) -> float | None:
    """Return a length, or None unless it is positive."""
    value = number(elements, tag)
    return value if value is not None and value > 0 else None


def point(elements: Elements, tag: int = 0x00200032) -> PointLps | None:
    """Return ImagePositionPatient."""
    values = floats(elements, tag, 3)
    return (values[0], values[1], values[2]) if values else None


def cosines(elements: Elements, tag: int = 0x00200037) -> Cosines | None:
    """Return ImageOrientationPatient, or None where it is missing or all zero."""
    v = floats(elements, tag, 6)
    return (v[0], v[1], v[2], v[3], v[4], v[5]) if v and any(v[:3]) and any(v[3:]) else None


def slice_of(member: Member, header: Header) -> Slice:
    """Return the image of a classic file, or what all frames of a multi-frame file share."""
    e, big = header.elements, header.big_endian
    identities = tuple(free_text(e, tag) for tag in _IDENTITIES if tag in e)
    bits = short(e, 0x00280100, big_endian=big, default=16)
    stored = short(e, 0x00280101, big_endian=big, default=bits)
    signed = short(e, 0x00280103, big_endian=big) == 1
    image_type = text(e, 0x00080008).upper()
    kernel = free_text(e, 0x00181210).replace("\\", " ")
    one = Slice(
        member=member,
        syntax=header.syntax,
        big_endian=big,
        pixel_offset=header.pixel_offset,
        pixel_length=header.pixel_length,
        inflated=header.inflated,
        frame=0,
        frames=max(1, integer(e, 0x00280008, 1)),
        rows=short(e, 0x00280010, big_endian=big),
        columns=short(e, 0x00280011, big_endian=big),
        bits_allocated=bits,
        bits_stored=stored,
        high_bit=short(e, 0x00280102, big_endian=big, default=max(stored, 1) - 1),
        signed=signed,
        samples=short(e, 0x00280002, big_endian=big, default=1),
        photometric=text(e, 0x00280004).upper(),
        slope=number(e, 0x00281053),
        intercept=number(e, 0x00281052),
        padding=short(e, 0x00280120, big_endian=big, signed=signed) if 0x00280120 in e else None,
        position=point(e),
        orientation=cosines(e),
        pixel_spacing=positive_pair(e, 0x00280030),
        imager_spacing=positive_pair(e, 0x00181164),
        thickness_mm=positive(e, 0x00180050),
        told_spacing_mm=positive(e, 0x00180088),
        instance=integer(e, 0x00200013),
        groups=(text(e, 0x00200100), text(e, 0x00200012), image_type, kernel, text(e, 0x00080032)[:6]),
        image_type=image_type,
        kernel=cleaned(kernel, identities),
        truncated=False,
        float_pixels=header.float_pixels,
        lut=0x00283000 in e,
        sop_uid=text(e, 0x00080018),
        series_uid=text(e, 0x0020000E),
        sop_class=text(e, 0x00080016),
        modality=text(e, 0x00080060).upper(),
        body_part=text(e, 0x00180015).upper(),
        description=cleaned(free_text(e, 0x0008103E), identities),
        protocol=cleaned(free_text(e, 0x00181030), identities),
        series_number=integer(e, 0x00200011),
        date=_iso_date(e),
        patient_position=text(e, 0x00185100).upper()[:4],
    )
    one.truncated = _is_truncated(one)
    return one


def _is_truncated(one: Slice) -> bool:
    """Whether the file ends before the pixels it announces."""
    if one.pixel_offset < 0:
        return False
    size = one.member.size if one.inflated is None else len(one.inflated)
    there = size - one.pixel_offset
    if one.native:
        return there < one.frame_bytes * one.frames or one.pixel_length < one.frame_bytes * one.frames
    return there < 16


def _iso_date(e: Elements) -> str:
    for tag in (0x00080020, 0x00080021, 0x00080022):
        digits = text(e, tag).replace(".", "")
        if len(digits) == 8 and digits.isdigit():
            return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return ""


def damaged(one: Slice, why: str) -> DicomError:
    """Return the error that says which image cannot be read and why."""
    return DicomError(
        f"“{one.name}” cannot be read.", why, "Copy the series again from where it came, or leave this file out."
    )
