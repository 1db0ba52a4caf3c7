"""A patient who must not be found again: planted in every element of a series, then looked for in every byte."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from tests.support.dicom_corpus import PATIENT, Series
from tests.support.models import quick_chest

MORE = {
    "PatientBirthName": "Ottershaw^Zebulon",
    "OtherPatientIDs": "ALT-555888",
    "PatientAddress": "Larkspurlane 9",
    "PatientComments": "cousin of Quillfeather",
    "PerformingPhysicianName": "Blunderstone^Octavia",
    "PhysiciansOfRecord": "Snodgrassley^Ursula",
    "InstitutionAddress": "Marmaladeroad 4",
    "StudyID": "STUDY-31337",
    "StudyDescription": "Thorax of Zebulon Quillfeather",
    "SeriesDescription": "QUILLFEATHER Zebulon Lung 2.5",
    "ProtocolName": "Lung^Quillfeather",
    "ImageComments": "Quillfeather, Zebulon, 03.02.1951",
}
SECRETS = (
    "quillfeather", "zebulon", "ottershaw", "vandersnoot", "ignatia", "blunderstone", "octavia", "snodgrassley",
    "ursula", "crumpetworth", "oddment", "infirmary", "larkspurlane", "marmaladeroad",
    "pid-777123", "777123", "acc990017", "990017", "alt-555888", "555888", "study-31337", "31337",
    "19510203", "1951-02-03", "1951/02/03", "1951.02.03", "03.02.1951", "3.2.1951", "02/03/1951", "03/02/1951",
    "03-02-1951", "03021951", "02031951", "3 feb 1951", "february 3, 1951", "feb 3, 1951",
)  # fmt: skip
"""Lower case. Parts of names, so that they are found in any order and with any sign between them."""

_DEEPEST = 4
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def planted_series(folder: Path) -> Path:
    """Write a chest as DICOM with the patient in every element that can name one; the paths do not."""
    hu, _, _ = quick_chest((24, 56, 72))
    return Series(hu, (5.0, 4.0, 4.4), tags=PATIENT | MORE).write(folder)


def found_in(*roots: Path) -> list[str]:
    """Return where a secret stands below some folders: in a path, or in a file, packed or not."""
    found: list[str] = []
    for root in roots:
        for path in sorted(root.rglob("*")):
            inside = str(path.relative_to(root)).lower()
            found += [f"{secret} in the path {path}" for secret in SECRETS if secret in inside]
            if path.is_file():
                found += [f"{secret} in {path}" for secret in secrets_of(path.read_bytes())]
    return found


def secrets_of(data: bytes) -> set[str]:
    """Return the secrets in some bytes, as they are, as UTF-16, and in whatever is packed in them."""
    found: set[str] = set()
    for plain in _layers(data, 0):
        lower = plain.lower()
        found |= {s for s in SECRETS if _holds(lower, s.encode()) or _holds(lower, s.encode("utf-16-le"))}
    return found


def _holds(data: bytes, secret: bytes) -> bool:
    """Whether a secret stands there; a short number not as a part of a longer one, as random identifiers hold many."""
    if not secret.isdigit() or len(secret) > 6:
        return secret in data
    return re.search(rb"(?<!\d)" + secret + rb"(?!\d)", data) is not None


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    yield data
    if depth == _DEEPEST:
        return
    for inner in (*_gzip_and_zlib(data), *_zstd(data), *_zip(data)):
        yield from _layers(inner, depth + 1)


def _at(data: bytes, sign: bytes) -> Iterator[int]:
    where = data.find(sign)
    while where >= 0:
        yield where
        where = data.find(sign, where + 1)


def _gzip_and_zlib(data: bytes) -> Iterator[bytes]:
    for sign, bits in ((b"\x1f\x8b\x08", 31), *((sign, 15) for sign in _ZLIB)):
        for where in _at(data, sign):
            inner = _inflated(data[where:], bits)
            if inner:
                yield inner


def _inflated(data: bytes, bits: int) -> bytes:
    unpack = zlib.decompressobj(bits)
    try:
        return unpack.decompress(data)
    except zlib.error:
        return b""


def _zstd(data: bytes) -> Iterator[bytes]:
    for where in _at(data, zstandard.FRAME_HEADER):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[where:])
        except zstandard.ZstdError:
            continue


def _zip(data: bytes) -> Iterator[bytes]:
    if data[:2] != b"PK":
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield archive.read(name)
