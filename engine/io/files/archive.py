"""Reading out of a zip as if it were a folder, without ever unpacking by the names it gives.

A zip is hostile input. Members are read into memory (bounded by the free memory) or, for a reader that
needs a path, into a private temporary folder under a name of our own. Paths with ``..``, absolute paths
and links inside the zip therefore lead nowhere: a member's name is only ever shown.
"""

from __future__ import annotations

import lzma
import struct
import threading
import zipfile
import zlib
from pathlib import Path
from typing import IO

from engine.core.atomic import explain_os_error
from engine.core.errors import FormatError, ResourceError
from engine.io.files.members import MAX_FILES, shown

_BOMB_TOTAL = 1 << 28
_BOMB_RATIO = 300
"""A zip of CT slices shrinks by 2 to 4, of label maps by up to 200 (measured: 75 MiB → 0.5 MiB)."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_WHOLE_METHODS = frozenset({zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
"""Their first kilobytes cost as much as the whole member, so that is kept while the budget lasts."""
_KEEP_BYTES = 1 << 27
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, NotImplementedError,
    OverflowError, RuntimeError, IndexError, KeyError, OSError, MemoryError,
)  # fmt: skip
_LINK = 0xA000


class ZipMember:
    """One file in a zip."""

    __slots__ = ("_archive", "_info", "_kept", "path_inside", "size")

    def __init__(self, archive: Archive, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self._kept: bytes | None = None
        self.path_inside = info.filename
        self.size = info.file_size

    @property
    def name(self) -> str:
        """The member's own name, without folders."""
        return shown(self.path_inside)

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        """Return `count` bytes from `offset`; never more than the member says it holds."""
        if self._kept is not None:
            return self._kept[offset:] if count is None else self._kept[offset : offset + count]
        if self._info.compress_type in _WHOLE_METHODS and self._archive.may_keep(self.size):
            self._kept = self._archive.read(self._info, 0, None)
            return self.read(offset, count)
        return self._archive.read(self._info, offset, count)

    def size_now(self) -> int:
        """Return the size: a zip does not grow member by member."""
        return self.size

    def release(self) -> None:
        """Close the zip and forget the unpacked bytes of this member."""
        if self._kept is not None:
            self._archive.forget(len(self._kept))
        self._kept = None
        self._archive.close()


class Archive:
    """The members of one zip, after the checks.

    Args:
        path: The zip.
        free_bytes: Free memory; a member larger than a quarter of it is not read.

    Raises:
        FormatError: damaged, encrypted, packed by an unknown method, or a bomb.
        ResourceError: the disk does not answer.
    """

    def __init__(self, path: Path, *, free_bytes: int) -> None:
        self._name = shown(path.name)
        self._path = path
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._zip: zipfile.ZipFile | None = None
        self._limit = max(free_bytes // 4, 1 << 26)
        self._kept = 0
        infos = self._listing()
        self._refuse_bombs(infos, path.stat().st_size, free_bytes)
        self.members = [ZipMember(self, info) for info in infos]

    def close(self) -> None:
        """Let go of the file; a later read opens it again."""
        with self._lock:
            if self._zip is not None:
                self._zip.close()
            self._zip = None

    def may_keep(self, size: int) -> bool:
        """Whether another `size` bytes of unpacked members may stay in memory; counts them if so."""
        with self._lock:
            if size > _KEEP_BYTES - self._kept:
                return False
            self._kept += size
            return True

    def forget(self, size: int) -> None:
        """Give back what :meth:`may_keep` counted."""
        with self._lock:
            self._kept -= size

    def read(self, info: zipfile.ZipInfo, offset: int, count: int | None) -> bytes:
        """Return bytes of a member.

        Raises:
            FormatError: the member is damaged or larger than memory allows.
        """
        if info.file_size > self._limit:
            raise FormatError(
                f"“{shown(info.filename)}” in “{self._name}” is too large to unpack.",
                f"It would take {info.file_size >> 20} MiB, at most {self._limit >> 20} MiB may be used.",
                "Unpack the zip yourself and open the folder, or free some memory.",
            )
        try:
            with self._opened().open(info) as file:
                skipped = 0
                while skipped < offset and (piece := file.read(min(offset - skipped, 1 << 20))):
                    skipped += len(piece)
                return file.read(info.file_size if count is None else count)
        except _DAMAGED as error:
            raise FormatError(
                f"“{shown(info.filename)}” in “{self._name}” is damaged.",
                "It cannot be unpacked, or its checksum is wrong.",
                "Copy the zip again from where it came.",
                details=type(error).__name__,
            ) from error

    def _opened(self) -> zipfile.ZipFile:
        with self._lock:
            if self._zip is None:
                self._zip = zipfile.ZipFile(self._path)
            return self._zip

    def _listing(self) -> list[zipfile.ZipInfo]:
        try:
            infos = self._opened().infolist()
        except FileNotFoundError as error:
            raise explain_os_error(error, self._path, act="read") from error
        except _DAMAGED as error:
            raise FormatError(
                f"“{self._name}” is a damaged zip.",
                "Its list of contents cannot be read; a copy that was cut short looks like this.",
                "Copy it again from where it came.",
                details=type(error).__name__,
            ) from error
        if len(infos) > MAX_FILES:
            raise FormatError(
                f"“{self._name}” holds {len(infos)} files.",
                f"At most {MAX_FILES} are looked at.",
                "Unpack it and open the folder of one study.",
            )
        files = [i for i in infos if i.filename and i.filename[-1] != "/" and (i.external_attr >> 16) & 0xF000 != _LINK]
        if any(i.flag_bits & 0x1 for i in files):
            raise FormatError(
                f"“{self._name}” is protected by a password.",
                "Its members are encrypted.",
                "Unpack it with its password and open the folder.",
            )
        unknown = {i.compress_type for i in files} - _METHODS
        if unknown:
            raise FormatError(
                f"“{self._name}” is packed by a method that is not known here.",
                f"Method {min(unknown)}; stored, deflate, bzip2 and lzma are read.",
                "Unpack it and open the folder.",
            )
        return files

    def _refuse_bombs(self, infos: list[zipfile.ZipInfo], packed: int, free_bytes: int) -> None:
        total = sum(i.file_size for i in infos)
        if total > _BOMB_TOTAL and total > _BOMB_RATIO * max(packed, 1):
            raise FormatError(
                f"“{self._name}” is not opened.",
                f"It says that {packed >> 10} KiB unpack to {total >> 20} MiB, more than {_BOMB_RATIO} times as much; "
                "medical images never shrink so far.",
                "If you trust it, unpack it yourself and open the folder.",
            )
        if total > 16 * max(free_bytes, 1 << 30):
            raise ResourceError(
                f"“{self._name}” is too large for this computer.",
                f"It unpacks to {total >> 30} GiB; {free_bytes >> 20} MiB of memory are free.",
                "Unpack it yourself and open the folder of one study.",
            )
