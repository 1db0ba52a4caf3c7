"""What a heap of files holds: one look at each, its first 64 KiB, then series, then rows of a table.

Grouping is by what makes a volume, not by what the archive calls a series: identity, kind, size, orientation,
pixel spacing. A localizer inside a series becomes a row of its own; two acquisitions in one series are
parted only if that makes their geometry regular.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.core.errors import GroundglassError
from engine.core.progress import CancelToken, Progress
from engine.io.dicom.geometry import JITTER_MM, Axes, along_normal, axes_of, is_regular
from engine.io.dicom.header import FRAME_GROUPS, HEAD_BYTES, HeaderError
from engine.io.dicom.multiframe import frames_of
from engine.io.dicom.slice import Slice, header_of, slice_of
from engine.io.files.members import Member
from engine.io.registry import FORMATS, sniff
from engine.io.rows import Skipped

_MOST_SKIPPED = 500
_DIRECTORY = "1.2.840.10008.1.3.10"
_LOCALIZERS = ("LOCALIZER", "SCOUT", "TOPOGRAM", "SURVIEW")
_COSINE_TOLERANCE = 2e-3
_SPACING_TOLERANCE = 1e-3
_MOST_PLANES = 200
"""Beyond so many orientations in one series nothing is compared any more: each slice stands alone."""


@dataclass
class Found:
    """What lies in a source.

    Args:
        groups: The images of one volume each.
        files: Files of other formats, by kind.
        skipped: What is no part of either.
    """

    groups: list[list[Slice]] = field(default_factory=list)
    files: list[tuple[str, Member]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_more: int = 0

    def skip(self, member: Member, reason: str) -> None:
        """Note a file that is left out; after some hundred only count them."""
        if len(self.skipped) < _MOST_SKIPPED:
            self.skipped.append(Skipped(member.name, reason))
        else:
            self.skipped_more += 1


def look(members: Iterable[Member], progress: Progress, cancel: CancelToken | None) -> Found:
    """Return what the files are, reading the head of each once.

    Raises:
        Cancelled: looked at once per file.
    """
    found = Found()
    slices: list[Slice] = []
    for count, member in enumerate(members, 1):
        if cancel is not None:
            cancel.check()
        slices += _slices_in(member, found)
        if count % 16 == 0:
            progress.update(count, 0, "Looking at files")
    if found.skipped_more:
        found.skipped.append(Skipped("…", f"and {found.skipped_more} more files"))
    found.groups = grouped(slices)
    return found


def _slices_in(member: Member, found: Found) -> list[Slice]:
    if member.size == 0:
        found.skip(member, "the file is empty (0 bytes)")
        return []
    try:
        head = member.read(0, HEAD_BYTES)
        kind = sniff(head)
        if kind == "zip":
            found.skip(member, "a zip inside: unpack it, or open it by itself")
        elif kind is not None and kind in FORMATS:
            found.files.append((kind, member))
        else:
            return _dicom_slices(member, head, found, certain=kind == "dicom")
    except GroundglassError as error:
        found.skip(member, error.why or error.what)
    return []


def _dicom_slices(member: Member, head: bytes, found: Found, *, certain: bool) -> list[Slice]:
    try:
        header = header_of(member, head)
    except HeaderError as error:
        found.skip(member, f"a DICOM file that cannot be read: {error}" if certain else "no image that is known here")
        return []
    if not certain and not (0x00080016 in header.elements or 0x00280010 in header.elements):
        found.skip(member, "no image that is known here")
        return []
    one = slice_of(member, header)
    if one.sop_class == _DIRECTORY:
        return []
    if not one.sop_class and one.pixel_offset < 0 and not one.rows:
        found.skip(member, "a DICOM file that ends before its header does")
        return []
    if one.frames > 1 or FRAME_GROUPS in header.elements:
        return frames_of(one, header)
    return [one]


def is_localizer(one: Slice) -> bool:
    """Whether an image is a planning picture, by its ImageType (0008,0008)."""
    return any(word in one.image_type for word in _LOCALIZERS)


def grouped(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Return the slices of each possible volume, in the order the files came."""
    by_kind: dict[tuple[object, ...], list[Slice]] = {}
    for s in slices:
        key = (s.series_uid, s.sop_class, s.modality, s.samples, s.rows, s.columns, is_localizer(s))
        by_kind.setdefault(key, []).append(s)
    groups: list[list[Slice]] = []
    for alike in by_kind.values():
        for plane in _by_plane(alike):
            groups += split_acquisitions(plane)
    return groups


def _by_plane(slices: list[Slice]) -> list[list[Slice]]:
    """Part slices of deviating orientation or pixel spacing."""
    clusters: list[tuple[Slice, list[Slice]]] = []
    last: tuple[Slice, list[Slice]] | None = None
    for s in slices:
        if last is not None and _same_plane(last[0], s):
            last[1].append(s)
            continue
        last = next((c for c in clusters[:_MOST_PLANES] if _same_plane(c[0], s)), None)
        if last is None:
            last = (s, [])
            clusters.append(last)
        last[1].append(s)
    return [members for _, members in clusters]


def _same_plane(a: Slice, b: Slice) -> bool:
    if a.orientation != b.orientation:
        if a.orientation is None or b.orientation is None:
            return False
        if max(abs(p - q) for p, q in zip(a.orientation, b.orientation, strict=True)) > _COSINE_TOLERANCE:
            return False
    if a.pixel_spacing == b.pixel_spacing:
        return True
    if a.pixel_spacing is None or b.pixel_spacing is None:
        return False
    pairs = zip(a.pixel_spacing, b.pixel_spacing, strict=True)
    return all(abs(p - q) <= _SPACING_TOLERANCE * max(p, q) for p, q in pairs)


def split_acquisitions(slices: list[Slice]) -> list[list[Slice]]:
    """Part a series into its acquisitions if, and only if, each part then is regular and the whole is not.

    Tried in turn: temporal position, acquisition number, image type, kernel, acquisition time. A number that
    changes with every slice, as some scanners write it, parts nothing.
    """
    unique = list({(s.sop_uid or (id(s.member), s.frame)): s for s in slices}.values())
    if len(unique) < 4 or any(s.position is None or s.orientation is None for s in slices):
        return [slices]
    try:
        axes = axes_of(unique[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    except GroundglassError:
        return [slices]
    if _regular(unique, axes):
        return [slices]
    for k in range(len(unique[0].groups)):
        parts: dict[str, list[Slice]] = {}
        for s in slices:
            parts.setdefault(s.groups[k], []).append(s)
        if 2 <= len(parts) <= len(unique) // 2 and all(len(p) > 1 and _regular(p, axes) for p in parts.values()):
            return list(parts.values())
    return [slices]


def _regular(slices: list[Slice], axes: Axes) -> bool:
    unique = {(s.sop_uid or (id(s.member), s.frame)): s.position for s in slices}
    at = np.sort(along_normal(np.array(list(unique.values())), axes))
    return len(at) > 1 and bool(np.diff(at).min() > JITTER_MM) and is_regular(at, 0.1)
