"""The 348 bytes of a NIfTI-1 header (540 of NIfTI-2), read by their offsets, in either byte order.

Source: nifti1.h and nifti2.h of the NIfTI working group.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

import numpy as np

from engine.core.errors import FormatError

HEADER_1 = 348
HEADER_2 = 540

TYPES: dict[int, str] = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
}  # fmt: skip
_NOT_REAL: dict[int, str] = {
    1: "single bits", 32: "complex numbers", 128: "RGB colours", 1536: "128-bit floats", 1792: "complex numbers",
    2048: "complex numbers", 2304: "RGBA colours",
}  # fmt: skip
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}


@dataclass(frozen=True)
class NiftiHeader:
    """What this program needs of a header.

    Args:
        order: ``"<"`` or ``">"``.
        single: Header and voxels in one file.
        shape_xyzt: All dimensions as told, x first.
        datatype: NIfTI code of the voxel type.
        pixdim: Eight numbers; the first is the sign of the qform's third axis.
        vox_offset: Where the voxels begin.
        slope: scl_slope.
        intercept: scl_inter.
        unit_mm: Millimetres per spatial unit.
        qform_code: 0 if there is none.
        sform_code: 0 if there is none.
        quaternion: (b, c, d).
        qoffset: Origin of the qform, RAS.
        srows: Three rows of four numbers, RAS.
        size: Bytes of the header itself.
    """

    order: str
    single: bool
    shape_xyzt: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    vox_offset: float
    slope: float
    intercept: float
    unit_mm: float
    qform_code: int
    sform_code: int
    quaternion: tuple[float, float, float]
    qoffset: tuple[float, float, float]
    srows: tuple[tuple[float, ...], ...]
    size: int

    def dtype(self, name: str) -> np.dtype[np.generic]:
        """Return the type of the stored voxels.

        Raises:
            FormatError: complex, colour or unknown voxels.
        """
        if self.datatype in TYPES:
            return np.dtype(self.order + TYPES[self.datatype])
        held = _NOT_REAL.get(self.datatype, "voxels of an unknown type")
        raise FormatError(
            f"“{name}” cannot be read as a CT or a mask.",
            f"It holds {held} (datatype {self.datatype}); one real number per voxel is needed.",
            "Export it again as 16-bit grey values.",
        )


def header_size(head: bytes) -> int:
    """Return how long the header is by its first four bytes, 0 if this is no NIfTI header."""
    for order in "<>":
        (size,) = struct.unpack(order + "i", head[:4])
        if size in (HEADER_1, HEADER_2):
            return int(size)
    return 0


def parse_header(head: bytes, name: str) -> NiftiHeader:
    """Return the header in `head`, of :func:`header_size` bytes.

    Raises:
        FormatError: a value is impossible; names the field.
    """
    order = "<" if struct.unpack("<i", head[:4])[0] in (HEADER_1, HEADER_2) else ">"
    header = _first(head, order, name) if len(head) == HEADER_1 else _second(head, order, name)
    _check_offset(header, name)
    return header


def _first(head: bytes, order: str, name: str) -> NiftiHeader:
    def at(form: str, offset: int) -> tuple[float, ...]:
        return struct.unpack_from(order + form, head, offset)

    magic = head[344:348]
    if magic not in (b"n+1\x00", b"ni1\x00"):
        raise _not_nifti(name, magic)
    (datatype,) = struct.unpack_from(order + "h", head, 70)
    quaternion, qoffset = at("3f", 256), at("3f", 268)
    return NiftiHeader(
        order=order,
        single=magic == b"n+1\x00",
        shape_xyzt=_shape(struct.unpack_from(order + "8h", head, 40), name),
        datatype=int(datatype),
        pixdim=at("8f", 76),
        vox_offset=at("f", 108)[0],
        slope=at("f", 112)[0],
        intercept=at("f", 116)[0],
        unit_mm=_UNIT_MM.get(head[123] & 7, 1.0),
        qform_code=int(at("h", 252)[0]),
        sform_code=int(at("h", 254)[0]),
        quaternion=(quaternion[0], quaternion[1], quaternion[2]),
        qoffset=(qoffset[0], qoffset[1], qoffset[2]),
        srows=(at("4f", 280), at("4f", 296), at("4f", 312)),
        size=HEADER_1,
    )


def _second(head: bytes, order: str, name: str) -> NiftiHeader:
    def at(form: str, offset: int) -> tuple[float, ...]:
        return struct.unpack_from(order + form, head, offset)

    magic = head[4:12]
    if magic[:3] not in (b"n+2", b"ni2"):
        raise _not_nifti(name, magic)
    (datatype,) = struct.unpack_from(order + "h", head, 12)
    (units,) = struct.unpack_from(order + "i", head, 500)
    quaternion, qoffset = at("3d", 352), at("3d", 376)
    return NiftiHeader(
        order=order,
        single=magic[:3] == b"n+2",
        shape_xyzt=_shape(struct.unpack_from(order + "8q", head, 16), name),
        datatype=int(datatype),
        pixdim=at("8d", 104),
        vox_offset=float(at("q", 168)[0]),
        slope=at("d", 176)[0],
        intercept=at("d", 184)[0],
        unit_mm=_UNIT_MM.get(units & 7, 1.0),
        qform_code=int(at("i", 344)[0]),
        sform_code=int(at("i", 348)[0]),
        quaternion=(quaternion[0], quaternion[1], quaternion[2]),
        qoffset=(qoffset[0], qoffset[1], qoffset[2]),
        srows=(at("4d", 400), at("4d", 432), at("4d", 464)),
        size=HEADER_2,
    )


def _shape(dims: tuple[int, ...], name: str) -> tuple[int, ...]:
    count = dims[0]
    shape = tuple(int(n) for n in dims[1 : 1 + count]) if 1 <= count <= 7 else ()
    if len(shape) < 2 or min(shape) < 1:
        raise FormatError(
            f"The header of “{name}” is damaged.",
            f"Its dimensions (dim) are {list(dims)}; between 2 and 7 positive numbers are needed.",
            "Copy the file again, or export it again from where it was made.",
        )
    return shape


def _check_offset(header: NiftiHeader, name: str) -> None:
    offset = header.vox_offset
    lowest = header.size if header.single else 0
    usable = math.isfinite(offset) and offset == int(offset) and (offset == 0 or lowest <= offset < 2**31)
    if not usable:
        raise FormatError(
            f"The header of “{name}” is damaged.",
            f"Its voxels are said to begin at byte {offset:g} (vox_offset); a whole number from {lowest} is needed.",
            "Copy the file again, or export it again from where it was made.",
        )


def _not_nifti(name: str, magic: bytes) -> FormatError:
    return FormatError(
        f"“{name}” is no NIfTI file.",
        f"Where “n+1” or “ni1” is expected it holds {magic!r}.",
        "If it is an Analyze 7.5 file, convert it to NIfTI first: Analyze does not say which side is left.",
    )
