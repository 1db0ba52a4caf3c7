"""Which module reads which kind of file; kinds are told by their first bytes, never by their name.

READERS: kind → a function of the shape of :class:`Reader`. PEEKS: kind → a function of the shape of
:class:`Peek` that reads no more than the header. Both modules and their libraries are imported on use.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Literal, Protocol

from engine.case.volume import Volume
from engine.core.progress import CancelToken, Progress
from engine.core.registry import Registry
from engine.core.types import FloatZyx, IndexZyx
from engine.io.options import ReadOptions

FileKind = Literal["nifti", "nrrd", "mha"]
Kind = Literal["nifti", "nrrd", "mha", "dicom", "zip"]


class Reader(Protocol):
    """Reads a file that holds one image."""

    def __call__(
        self,
        path: Path,
        options: ReadOptions = ...,
        *,
        progress: Progress = ...,
        cancel: CancelToken | None = ...,
    ) -> Volume:
        """Return the finished volume; its array is read-only and its notices are complete.

        Raises:
            FormatError: the file is damaged or holds no volume.
            ChoiceNeeded: the user must say how to read it; the answer goes into `options`.
            ResourceError: not enough memory, or the disk does not answer.
        """
        ...


class Peek(Protocol):
    """Reads the header of a file that holds one image."""

    def __call__(self, path: Path) -> tuple[IndexZyx, FloatZyx]:
        """Return shape (z, y, x) and spacing in mm (z, y, x) as the header tells them.

        Raises:
            FormatError: the header cannot be read.
        """
        ...


READERS: Registry[Reader] = Registry(
    "image format",
    {
        "nifti": "engine.io.nifti.read:read_volume",
        "nrrd": "engine.io.nrrd.read:read_volume",
        "mha": "engine.io.metaimage.read:read_volume",
    },
)

PEEKS: Registry[Peek] = Registry(
    "image format",
    {
        "nifti": "engine.io.nifti.read:peek",
        "nrrd": "engine.io.nrrd.read:peek",
        "mha": "engine.io.metaimage.read:peek",
    },
)

_NIFTI_MAGIC = (b"n+1\x00", b"ni1\x00")
_GZIP = b"\x1f\x8b"


def sniff(head: bytes) -> Kind | None:
    """Return the kind of a file by its first bytes (512 are enough), or None if it is none we read.

    DICOM without its preamble is not told here: `engine.io.dicom.scan` tries those by their tags.
    """
    if head[128:132] == b"DICM":
        return "dicom"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    if head[:2] == _GZIP:
        head = _inflated(head)
    if head[:4] == b"NRRD":
        return "nrrd"
    if _is_nifti(head):
        return "nifti"
    if _is_metaimage(head):
        return "mha"
    return None


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 600)
    except zlib.error:
        return b""


def _is_nifti(head: bytes) -> bool:
    size = head[:4]
    if size in (b"\x5c\x01\x00\x00", b"\x00\x00\x01\x5c"):  # 348
        return head[344:348] in _NIFTI_MAGIC
    return size in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c") and head[4:7] in (b"n+2", b"ni2")  # 540


def _is_metaimage(head: bytes) -> bool:
    first = head[:256].lstrip()
    return first.startswith((b"ObjectType", b"NDims", b"Comment")) and b"=" in first[:64]


__all__ = ["PEEKS", "READERS", "FileKind", "Kind", "Peek", "Reader", "sniff"]
