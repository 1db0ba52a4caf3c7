"""DICOMDIR: the list of contents of a disc. What it names is read, what it names in vain is told.

References are matched against one pass over the disc's files, without regard to case, version numbers or
extensions (discs written by ISO 9660 tools differ in all three). A reference never becomes a path: ``..``
in it finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.errors import FormatError
from engine.io.dicom.header import DIRECTORY_RECORDS, Header
from engine.io.dicom.slice import text
from engine.io.files.members import Member, shown
from engine.io.rows import Skipped

_REFERENCED_FILE = 0x00041500


def is_dicomdir(header: Header) -> bool:
    """Whether a DICOM file is a DICOMDIR."""
    return DIRECTORY_RECORDS in header.elements or text(header.elements, 0x00080016) == "1.2.840.10008.1.3.10"


def referenced(header: Header) -> list[str]:
    """Return the files a DICOMDIR names, parts joined by ``/``, in its order."""
    records = header.elements.get(DIRECTORY_RECORDS)
    paths = [text(r, _REFERENCED_FILE) for r in records] if isinstance(records, list) else []
    return ["/".join(part.strip() for part in p.split("\\")) for p in paths if p]


def matched(header: Header, members: Iterable[Member], name: str) -> tuple[list[Member], list[Skipped]]:
    """Return the members that a DICOMDIR names, and what it names in vain.

    Args:
        header: Of the DICOMDIR.
        members: All files beside and below it, paths relative to its folder.
        name: What to call it.

    Raises:
        FormatError: it names no file that is there.
    """
    wanted = referenced(header)
    by_key: dict[str, Member] = {}
    for member in members:
        by_key.setdefault(_key(member.path_inside), member)
    there = {_key(p): by_key[_key(p)] for p in wanted if _key(p) in by_key}
    if not there:
        raise FormatError(
            f"“{shown(name)}” leads to no images.",
            f"It names {len(wanted)} files; none of them lies beside it.",
            "Open the folder with the images, or copy the whole disc.",
        )
    missing = [p for p in wanted if _key(p) not in by_key]
    return list(there.values()), [Skipped(shown(p), "named in DICOMDIR, not on the disc") for p in missing[:500]]


def _key(path: str) -> str:
    path = path.replace("\\", "/").casefold().split(";")[0].rstrip(".")
    return path[:-4] if path.endswith((".dcm", ".ima")) else path
