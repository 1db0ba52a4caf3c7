"""Files read front to back, gzip, zlib and bzip2 inflated to their very end so that the checksum is verified.

A reader that stops at the last voxel never sees the checksum: a copy cut short or one flipped bit then
becomes wrong voxels without a word. Here the stream is drained before any voxel is handed out, and when a
damaged stream breaks the header first, the damage is what the user is told.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.atomic import explain_os_error
from engine.core.errors import FormatError, MemoryShortage
from engine.core.progress import CancelToken

Packing = Literal["none", "gzip", "zlib", "bzip2"]

CHUNK = 4 << 20
_LARGEST_RATIO = {"gzip": 1040, "zlib": 1040, "bzip2": 50_000_000}
_SPARE = 256 << 20  # what the rest of the program keeps


class Stream:
    """The bytes of a file after inflating, in order, once.

    Args:
        path: For messages.
        file: Open for reading bytes, at the first byte of the stream.
        packing: How the bytes are packed.
        stored: Bytes from here to the end of the file.
    """

    def __init__(self, path: Path, file: IO[bytes], packing: Packing, stored: int) -> None:
        self.path = path
        self.packing = packing
        self.stored = stored
        self._inflated = _inflater(file, packing)

    def read(self, count: int, what: str) -> bytes:
        """Return the next `count` bytes.

        Raises:
            FormatError: the stream is damaged, or ends before; `what` names what was wanted.
        """
        buffer = bytearray(count)
        self._fill(memoryview(buffer), what)
        return bytes(buffer)

    def read_some(self, count: int) -> bytes:
        """Return up to `count` bytes, none at the end."""
        return self._take(count)

    def rest(self, limit: int) -> bytes:
        """Return what is left, at most `limit` bytes, verified.

        Raises:
            FormatError: the stream is damaged, or longer than `limit`.
        """
        parts: list[bytes] = []
        left = limit
        while chunk := self._take(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise FormatError(f"“{self.path.name}” holds more than its header says.", f"More than {limit} bytes.")
            parts.append(chunk)
        return b"".join(parts)

    def skip(self, count: int, what: str, cancel: CancelToken | None = None) -> None:
        """Pass over `count` bytes."""
        while count > 0:
            _check(cancel)
            count -= len(self.read(min(count, CHUNK), what))

    def fill(self, array: NDArray[Any], what: str, cancel: CancelToken | None = None) -> None:
        """Read the whole of a contiguous `array`, then the rest of the stream, so that its checksum is verified.

        Raises:
            FormatError: the stream is damaged or too short.
            Cancelled: `cancel` was set; looked at every 4 MiB.
        """
        view = array.reshape(-1).view(np.uint8).data
        for start in range(0, len(view), CHUNK):
            _check(cancel)
            self._fill(view[start : start + CHUNK], what)
        if self.packing != "none":
            self.drain(cancel)

    def drain(self, cancel: CancelToken | None = None) -> None:
        """Read to the end; the checksum is verified there."""
        while self._take(CHUNK):
            _check(cancel)

    def must_hold(self, count: int, what: str) -> None:
        """Refuse early what the file cannot hold, whatever its header claims.

        Raises:
            FormatError: `count` bytes cannot come out of the bytes stored.
        """
        if self.packing == "none":
            if self.stored < count:
                raise FormatError(
                    f"“{self.path.name}” is cut short.",
                    f"{what} needs {count:,} bytes, {max(self.stored, 0):,} are there.",
                    "Copy the file again from where it came.",
                )
        elif count > (self.stored + 64) * _LARGEST_RATIO[self.packing]:
            raise FormatError(
                f"“{self.path.name}” is damaged.",
                f"{what} needs {count:,} bytes, which cannot come out of {self.stored:,} compressed ones.",
                "Copy the file again from where it came.",
            )

    def _fill(self, view: memoryview, what: str) -> None:
        at = 0
        while at < len(view):
            chunk = self._take(len(view) - at)
            if not chunk:
                raise FormatError(
                    f"“{self.path.name}” is cut short.",
                    f"{what} ends {len(view) - at:,} bytes too early.",
                    "Copy the file again from where it came.",
                )
            view[at : at + len(chunk)] = chunk
            at += len(chunk)

    def _take(self, count: int) -> bytes:
        try:
            return self._inflated(count)
        except EOFError as error:
            raise FormatError(
                f"“{self.path.name}” is cut short or damaged.",
                "The compressed data ends before its checksum.",
                "Copy the file again from where it came.",
                details=str(error),
            ) from error
        except _damage() as error:
            raise FormatError(
                f"“{self.path.name}” is damaged.",
                f"The compressed data does not agree with its checksum ({error}).",
                "Copy the file again from where it came.",
            ) from error


@contextmanager
def opened(path: Path, *, offset: int = 0, packing: Packing | None = None) -> Iterator[Stream]:
    """Open `path` as a stream; gzip is told by its first bytes unless `packing` says otherwise.

    Raises:
        FormatError: the file is empty or damaged. Damage of a packed stream is reported in place of any
            complaint about its content.
        ResourceError: the disk does not answer.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size == 0:
                raise FormatError(
                    f"“{path.name}” is empty.", "It has 0 bytes.", "Copy the file again from where it came."
                )
            file.seek(offset)
            if packing is None:
                packing = "gzip" if file.read(2) == b"\x1f\x8b" else "none"
                file.seek(offset)
            stream = Stream(path, file, packing, size - offset)
            try:
                yield stream
            except FormatError:
                if packing != "none":
                    stream.drain()
                raise
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error


def check_memory(path: Path, need: int) -> None:
    """Refuse before allocating what this machine cannot hold.

    Args:
        path: For the message.
        need: Bytes that reading will take at its peak.

    Raises:
        MemoryShortage: more than is free; names both numbers.
    """
    free = available_bytes()
    if need + _SPARE > free:
        raise MemoryShortage(
            f"“{path.name}” is too large for this computer's memory.",
            f"It needs {need / 2**30:.1f} GiB, {max(free - _SPARE, 0) / 2**30:.1f} GiB are free.",
            "Close other programs, or crop or downsample the file first.",
        )


def packed_twice(path: Path) -> FormatError:
    """Return the error of a header that is gzip itself, as only NIfTI allows."""
    return FormatError(
        f"“{path.name}” is packed with gzip from its first byte on.",
        "NRRD and MetaImage compress their voxels only, never their header.",
        "Unpack it first (gunzip), then open what comes out.",
    )


def available_bytes() -> int:
    """Return the memory that can be had without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)


def _check(cancel: CancelToken | None) -> None:
    if cancel is not None:
        cancel.check()


def _damage() -> tuple[type[Exception], ...]:
    import gzip

    from isal import igzip_lib

    # isal_zlib.error is igzip_lib's under another name
    return (gzip.BadGzipFile, igzip_lib.error, zlib.error, _Bzip2Error)  # pyright: ignore[reportReturnType]


class _Bzip2Error(Exception):
    """bz2 says OSError, which would be taken for the disk's."""


def _inflater(file: IO[bytes], packing: Packing) -> Callable[[int], bytes]:
    if packing == "none":
        return file.read
    if packing == "gzip":
        from isal import igzip

        return igzip.IGzipFile(fileobj=file, mode="rb").read
    if packing == "zlib":
        return _Zlib(file).read
    return _Bzip2(file).read


class _Bzip2:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = bz2.BZ2File(file)

    def read(self, count: int) -> bytes:
        try:
            return self._file.read(count)
        except OSError as error:
            raise _Bzip2Error(str(error)) from error


class _Zlib:
    """A zlib stream as a file; the one in MetaImage has no length and no gzip header."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._engine = zlib.decompressobj()

    def read(self, count: int) -> bytes:
        while not self._engine.eof:
            packed = self._engine.unconsumed_tail or self._file.read(1 << 20)
            if not packed:
                raise EOFError("zlib stream without end")
            out = self._engine.decompress(packed, count)
            if out:
                return out
        return b""
