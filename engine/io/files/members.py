"""The files of a source, wherever they lie: on a disk or in a zip. Read in pieces, named without folders."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from engine.core.atomic import explain_os_error
from engine.core.errors import InputError
from engine.core.progress import CancelToken

MAX_FILES = 200_000
_MAX_DEPTH = 64
_RETRIES = 3
_RETRY_AFTER_S = 0.15
_NOT_IMAGES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})


class Member(Protocol):
    """One file of a source."""

    @property
    def name(self) -> str:
        """The file's own name, for messages."""
        ...

    @property
    def path_inside(self) -> str:
        """Its path inside the source with ``/`` between folders."""
        ...

    @property
    def size(self) -> int:
        """Bytes, as told when it was listed."""
        ...

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        """Return `count` bytes from `offset`, fewer at the end of the file.

        Raises:
            InputError: the file is damaged.
            ResourceError: the disk does not answer or may not be read.
        """
        ...

    def size_now(self) -> int:
        """Return the size as it is now: another than `size` means that someone still writes."""
        ...

    def release(self) -> None:
        """Let go of what is held open or in memory; a later read takes it up again."""
        ...


class DiskFile:
    """A regular file on a disk."""

    __slots__ = ("path", "path_inside", "size")

    def __init__(self, path: str, path_inside: str, size: int) -> None:
        self.path = path
        self.path_inside = path_inside
        self.size = size

    @property
    def name(self) -> str:
        """The file's own name."""
        return shown(self.path_inside)

    def read(self, offset: int = 0, count: int | None = None) -> bytes:
        """Return `count` bytes from `offset`; waits a moment for a file that another program holds."""
        try:
            with _opened(self.path) as file:
                if offset:
                    file.seek(offset)
                wanted = max(0, self.size - offset if count is None else count)
                data = file.read(wanted)
                while 0 < len(data) < wanted and (more := file.read(wanted - len(data))):
                    data += more
                return data
        except OSError as error:
            raise explain_os_error(error, Path(self.path_inside), act="read") from error

    def size_now(self) -> int:
        """Return the size on the disk at this moment; 0 if the file is gone."""
        try:
            return Path(self.path).stat().st_size
        except OSError:
            return 0

    def release(self) -> None:
        """Do nothing: a file is held open only while it is read."""


def shown(path_inside: str) -> str:
    """Return the last part of a path, fit to stand in a sentence: printable and not too long."""
    name = path_inside.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    name = "".join(c if c.isprintable() else "·" for c in name)
    return name if len(name) <= 80 else f"{name[:40]}…{name[-36:]}"


def long_path(path: Path) -> str:
    """Return `path` as the system's calls take it; on Windows with the prefix that lifts the 260-letter limit."""
    text = str(path)
    if sys.platform != "win32" or text.startswith("\\\\?\\"):
        return text
    text = str(path.absolute())
    return f"\\\\?\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\\\?\\{text}"


def disk_file(path: Path) -> DiskFile:
    """Return one file by its path.

    Raises:
        InputError: it is a device, a pipe or a folder.
        ResourceError: it is not there or may not be read.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error
    if not path.is_file():
        raise InputError(f"“{shown(path.name)}” is no file.", "It is a device or a pipe.", "Choose a file or a folder.")
    return DiskFile(long_path(path), path.name, size)


def walk(folder: Path, cancel: CancelToken | None = None) -> Iterator[DiskFile]:
    """Yield the regular files below `folder`, each looked at once, in the order of their names.

    Links to folders are not followed (they may lead in a circle), links to files are. Pipes and devices
    are left out: opening one could wait forever.

    Raises:
        InputError: more than :data:`MAX_FILES` files.
        ResourceError: `folder` itself cannot be listed; folders inside that cannot are left out.
    """
    found = 0
    pending: list[tuple[str, str, int]] = [(long_path(folder), "", 0)]
    while pending:
        path, inside, depth = pending.pop()
        try:
            with os.scandir(path) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError as error:
            if not inside:
                raise explain_os_error(error, folder, act="read") from error
            continue
        for entry in entries:
            if cancel is not None:
                cancel.check()
            if entry.name.startswith(".") or entry.name.casefold() in _NOT_IMAGES:
                continue
            below = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth < _MAX_DEPTH:
                    pending.append((entry.path, below, depth + 1))
            elif (size := _size_of_file(entry)) is not None:
                found += 1
                if found > MAX_FILES:
                    raise InputError(
                        f"The folder “{shown(folder.name)}” holds more than {MAX_FILES} files.",
                        "A study has a few thousand.",
                        "Choose the folder of one study.",
                    )
                yield DiskFile(entry.path, below, size)


def _size_of_file(entry: os.DirEntry[str]) -> int | None:
    try:
        return entry.stat().st_size if entry.is_file() else None
    except OSError:
        return None


def _opened(path: str) -> BinaryIO:
    pause = threading.Event()
    for attempt in range(_RETRIES):
        try:
            return open(path, "rb", buffering=0)  # noqa: PTH123 - an extended-length path is text
        except PermissionError:
            # On Windows this is also what a file says that is being copied this moment.
            if sys.platform != "win32" or attempt == _RETRIES - 1:
                raise
            pause.wait(_RETRY_AFTER_S)
    raise FileNotFoundError(path)
