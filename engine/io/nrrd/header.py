"""The text header of an NRRD file: fields, key/value pairs, and the axes they describe.

Source: Teem, "Definition of NRRD File Format", versions 1 to 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from engine.core.errors import FormatError
from engine.core.types import FloatArray
from engine.io.images.stored import wrong

LONGEST_HEADER = 4 << 20
_FARTHEST = 1e7  # mm; what lies farther off is a damaged number

_TYPES: dict[str, str] = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
_TYPE_OF = {name: code for code, names in _TYPES.items() for name in names.split("|")}
_SPACES: dict[str, tuple[float, float, float]] = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
_SPATIAL = {"domain", "space", "???", "none", ""}
_SEVERAL = {"list", "time", "stub", "scalar"}
_UNITS_MM = {"mm": 1.0, "": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001, "µm": 0.001}


@dataclass(frozen=True)
class NrrdAxis:
    """One axis of the file, fastest first.

    Args:
        size: Samples.
        step: Space direction in the file's own space, or None if it has none.
        spacing: From ``spacings``, or None.
        kind: As written, lower case.
    """

    size: int
    step: tuple[float, ...] | None
    spacing: float | None
    kind: str


@dataclass(frozen=True)
class NrrdHeader:
    """What this program needs of a header.

    Args:
        fields: Lower-case field → text.
        keys: Key/value pairs, e.g. of a 3D Slicer segmentation.
        axes: Fastest first.
        signs: From the file's space to LPS, or None if it names no anatomical space.
        origin: ``space origin`` in the file's space, or None.
        unit_mm: Millimetres per unit of space.
    """

    fields: dict[str, str]
    keys: dict[str, str]
    axes: tuple[NrrdAxis, ...]
    signs: tuple[float, float, float] | None
    origin: tuple[float, ...] | None
    unit_mm: float

    def dtype(self, name: str) -> np.dtype[np.generic]:
        """Return the type of the stored samples.

        Raises:
            FormatError: blocks or an unknown type, or no byte order.
        """
        told = self.fields.get("type", "")
        code = _TYPE_OF.get(told.lower().strip())
        if code is None:
            raise wrong(name, "type", told, "a type of whole or real numbers")
        endian = self.fields.get("endian", "").lower()
        text = self.fields.get("encoding", "").lower() in ("text", "txt", "ascii")
        if code[1] != "1" and not text and endian not in ("little", "big"):
            raise wrong(name, "endian", endian, "“little” or “big”")
        return np.dtype((">" if endian == "big" else "<") + code)

    @property
    def spatial(self) -> tuple[int, ...]:
        """Which axes are space, fastest first; of several candidates the ones with a direction."""
        directed = tuple(k for k, axis in enumerate(self.axes) if axis.step is not None)
        if directed:
            return directed
        return tuple(k for k, axis in enumerate(self.axes) if axis.kind in _SPATIAL)[:3]

    def other_axis(self, name: str) -> int | None:
        """Return the one axis that is not space, or None.

        Raises:
            FormatError: colours, complex numbers, tensors, or several such axes.
        """
        rest = [k for k in range(len(self.axes)) if k not in self.spatial]
        for k in rest:
            kind = self.axes[k].kind
            if kind not in _SEVERAL | _SPATIAL and self.axes[k].size > 1:
                raise FormatError(
                    f"“{name}” cannot be read as a CT or a mask.",
                    f"It holds several numbers per voxel (kind “{kind}”); one is needed.",
                    "Export it again as grey values.",
                )
        if len([k for k in rest if self.axes[k].size > 1]) > 1:
            raise wrong(name, "dimension", str(len(self.axes)), "3, or 4 with one axis of time or layers")
        return next((k for k in rest if self.axes[k].size > 1), rest[0] if rest else None)


def split_header(text: bytes, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return fields and key/value pairs of the header's lines (without the empty line at its end)."""
    fields: dict[str, str] = {}
    keys: dict[str, str] = {}
    lines = text.decode("utf-8", "replace").splitlines()
    if not lines or not re.fullmatch(r"NRRD\d{4}", lines[0].strip()):
        raise FormatError(f"“{name}” is no NRRD file.", "Its first line is not NRRD0001 to NRRD0005.")
    for line in lines[1:]:
        if line.startswith("#"):
            continue
        pair, field = line.find(":="), line.find(": ")
        if pair >= 0 and (field < 0 or pair < field):
            keys[line[:pair].strip()] = line[pair + 2 :].strip()
        elif ":" in line:
            key, _, value = line.partition(":")
            fields[key.strip().lower()] = value.strip()
    return fields, keys


def parse_header(text: bytes, name: str) -> NrrdHeader:
    """Return the header.

    Raises:
        FormatError: a field is missing or impossible; names it.
    """
    fields, keys = split_header(text, name)
    sizes = _sizes(fields, name)
    count = len(sizes)
    steps = _vectors(fields.get("space directions", ""), name)
    if steps and len(steps) != count:
        raise wrong(name, "space directions", fields["space directions"], f"one vector or “none” for {count} axes")
    steps = [_in_space(step, fields.get("space directions", ""), name) for step in steps]
    spacings = [_number(word) for word in fields.get("spacings", "").split()]
    kinds = [word.lower() for word in fields.get("kinds", "").split()]
    axes = tuple(
        NrrdAxis(
            size=sizes[k],
            step=steps[k] if steps else None,
            spacing=spacings[k] if k < len(spacings) else None,
            kind=kinds[k] if k < len(kinds) else "",
        )
        for k in range(count)
    )
    space = fields.get("space", "").lower().removesuffix("-time").removesuffix("t")
    units = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    origin = _vectors(fields.get("space origin", ""), name)
    return NrrdHeader(
        fields=fields,
        keys=keys,
        axes=axes,
        signs=_SPACES.get(space),
        origin=_three(origin[0]) if origin and origin[0] else None,
        unit_mm=_UNITS_MM.get(units[0].lower(), 1.0) if units else 1.0,
    )


def steps_of(header: NrrdHeader) -> FloatArray | None:
    """Return the (3, 3) steps of the spatial axes in the file's space, row per axis, fastest first; None if untold."""
    steps = [header.axes[k].step for k in header.spatial]
    if not steps or any(step is None for step in steps):
        return None
    found = np.array(steps, dtype=np.float64) * header.unit_mm
    if len(found) == 2:  # a single image: the third axis is its normal
        normal = np.cross(found[0], found[1])
        found = np.vstack([found, normal / (np.linalg.norm(normal) or 1.0)])
    return found


def _sizes(fields: dict[str, str], name: str) -> tuple[int, ...]:
    told = fields.get("sizes", "")
    words = told.split()
    if not words or not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
        raise wrong(name, "sizes", told, "a positive number per axis")
    sizes = tuple(int(word) for word in words)
    if min(sizes) < 1 or fields.get("dimension", "") != str(len(sizes)):
        raise wrong(
            name, "sizes", told, f"{fields.get('dimension', 'a told number of')} positive numbers (“dimension”)"
        )
    if not 2 <= len(sizes) <= 16:
        raise wrong(name, "dimension", str(len(sizes)), "2, 3 or 4")
    return sizes


def _vectors(text: str, name: str) -> list[tuple[float, ...] | None]:
    found: list[tuple[float, ...] | None] = []
    for word in re.findall(r"\([^)]*\)|none", text):
        if word == "none":
            found.append(None)
            continue
        numbers = [_number(part) for part in word[1:-1].split(",")]
        if any(n is None for n in numbers):
            raise wrong(name, "space directions or space origin", word, "numbers")
        found.append(tuple(n for n in numbers if n is not None))
    return found


def _in_space(step: tuple[float, ...] | None, told: str, name: str) -> tuple[float, ...] | None:
    """Return a step in three dimensions; one along a fourth (time, layers) is no step in space."""
    if step is None or (len(step) == 4 and not any(step[:3])):
        return None
    if not 2 <= len(step) <= 4:
        raise wrong(name, "space directions", told, "three numbers per axis")
    return _three(step)


def _three(vector: tuple[float, ...]) -> tuple[float, ...]:
    return (*vector, 0.0, 0.0)[:3] if len(vector) < 3 else vector[:3]


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if abs(value) <= _FARTHEST else None  # NaN is not
