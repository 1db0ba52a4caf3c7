"""Which formats there are; kinds are told by their first bytes, never by their name.

FORMATS: kind → how its files are told, listed and opened. WRITERS: end of a name → how such a file is written.
Their modules are imported on use. A new format is one file that ends with a `FORMAT` (or a `WRITER`) and one line
here.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from engine.core.registry import Registry
from engine.io.images.format import ImageFormat, ImageWriter

FORMATS: Registry[ImageFormat] = Registry(
    "image format",
    {
        "nifti": "engine.io.nifti.read:FORMAT",
        "nrrd": "engine.io.nrrd.read:FORMAT",
        "mha": "engine.io.metaimage.read:FORMAT",
    },
)

WRITERS: Registry[ImageWriter] = Registry(
    "file suffix",
    {
        ".nii.gz": "engine.io.nifti.write:PACKED",
        ".nii": "engine.io.nifti.write:PLAIN",
        ".nrrd": "engine.io.nrrd.write:WRITER",
        ".mha": "engine.io.metaimage.write:WRITER",
    },
)

_GZIP = b"\x1f\x8b"


def sniff(head: bytes) -> str | None:
    """Return the kind of a file by its first bytes (512 are enough), or None if it is none we read.

    ``"dicom"``, ``"zip"`` or a name of :data:`FORMATS`. DICOM without its preamble is not told here:
    `engine.io.dicom.scan` tries those by their tags.
    """
    if head[128:132] == b"DICM":
        return "dicom"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    if head[:2] == _GZIP:
        head = _inflated(head)
    return next((kind for kind in FORMATS if FORMATS.get(kind).recognises(head)), None)


def header_beside(path: Path) -> Path | None:
    """Return the header of a NIfTI pair whose voxels were named (``x.hdr`` beside ``x.img``), or None."""
    name = path.name.casefold().removesuffix(".gz")
    if not name.endswith(".img"):
        return None
    wanted = {f"{name[:-4]}.hdr", f"{name[:-4]}.hdr.gz"}
    try:
        found = sorted(p for p in path.parent.iterdir() if p.name.casefold() in wanted)
        return next((p for p in found if _is_header(p)), None)
    except OSError:
        return None


def _is_header(path: Path) -> bool:
    with path.open("rb") as file:
        return sniff(file.read(4096)) == "nifti"


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 600)
    except zlib.error:
        return b""
