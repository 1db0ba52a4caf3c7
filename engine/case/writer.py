"""The thread that puts records on the disk: in order, synced, and never in the way of the hand."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from engine.core.atomic import explain_os_error
from engine.core.errors import GroundglassError, ResourceError

Trouble = Callable[[GroundglassError | None], None]
"""Called in the writer's thread with the error, and with None once all is saved again."""


@dataclass
class _Item:
    make: Callable[[], Iterable[bytes]]
    whole: bool
    data: bytes | None = None

    def bytes(self) -> bytes:
        if self.data is None:
            self.data = b"".join(self.make())
        return self.data


class Writer:
    """Appends to one file. What could not be written is kept and tried again with the next record.

    Args:
        path: The file. It is made, or appended to.
        on_trouble: Told when saving fails and when it works again.
    """

    def __init__(self, path: Path, on_trouble: Trouble | None = None) -> None:
        self._path = path
        self._tell = on_trouble
        self._file = FileIO(path, "r+b") if path.exists() else _new_file(path)
        self._good = self._file.seek(0, os.SEEK_END)
        self._queue: list[_Item] = []
        self._put = 0
        self._written = 0
        self._tried = 0
        self._stopping = False
        self._trouble: GroundglassError | None = None
        self.saved_at = time.time()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        """Bytes that are safely in the file."""
        return self._good

    @property
    def trouble(self) -> GroundglassError | None:
        """Why the last attempt failed, or None."""
        return self._trouble

    @property
    def pending(self) -> int:
        """Records that are not on the disk yet."""
        with self._changed:
            return self._put - self._written

    def append(self, make: Callable[[], Iterable[bytes]]) -> int:
        """Append what `make` returns (it is called in the writer's thread); returns the record's number."""
        return self._add(_Item(make, whole=False))

    def replace(self, make: Callable[[], Iterable[bytes]]) -> int:
        """Write a new file in the place of the old one."""
        return self._add(_Item(make, whole=True))

    def wait(self, number: int | None = None, *, timeout_s: float) -> bool:
        """Wait until a record (all, by default) is on the disk or could not be written.

        Returns:
            Whether it is on the disk.
        """
        with self._changed:
            target = self._put if number is None else number
            self._changed.wait_for(lambda: self._tried >= target, timeout_s)
            return self._written >= target

    def try_again(self) -> None:
        """Try what could not be written once more."""
        with self._changed:
            self._tried = self._written
            self._changed.notify_all()

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Write what waits, then end the thread and close the file."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        self._file.close()

    def _add(self, item: _Item) -> int:
        with self._changed:
            self._queue.append(item)
            self._put += 1
            self._changed.notify_all()
            return self._put

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._tried < self._put)
                batch = list(self._queue)
                last, stopping = self._put, self._stopping
            if not batch and stopping:
                return
            error = self._write(batch)
            with self._changed:
                self._tried = last
                if error is None:
                    del self._queue[: len(batch)]
                    self._written = last
                    self.saved_at = time.time()
                turned = (error is None) != (self._trouble is None)
                self._trouble = error
                self._changed.notify_all()
            if turned and self._tell is not None:
                self._tell(error)
            if error is not None and stopping:
                return

    def _write(self, batch: list[_Item]) -> GroundglassError | None:
        try:
            made = [item.bytes() for item in batch]
            # A new file makes what was to be appended before it needless.
            first = max((i for i, item in enumerate(batch) if item.whole), default=0)
            if batch[first].whole:
                self._write_whole(made[first])
                first += 1
            data = b"".join(made[first:])
            if data:
                self._write_at_end(data)
        except OSError as error:
            return _not_saved(explain_os_error(error, self._path))
        except Exception as error:  # noqa: BLE001 - a dead thread would stop saving without a word
            return _not_saved(error)
        return None

    def _write_at_end(self, data: bytes) -> None:
        try:
            self._file.seek(self._good)
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) or 0 :]
            os.fsync(self._file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self._good)
            raise
        self._good += len(data)

    def _write_whole(self, data: bytes) -> None:
        beside = self._path.with_name(f"{self._path.name}.new")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        with _new_file(beside) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) or 0 :]
            os.fsync(file.fileno())
        self._file.close()  # some systems do not replace an open file
        try:
            beside.replace(self._path)
            _sync_folder(self._path.parent)
        finally:
            self._file = FileIO(self._path, "r+b")
            self._good = self._file.seek(0, os.SEEK_END)


def _new_file(path: Path) -> FileIO:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
    return FileIO(descriptor, "r+b")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # pragma: no cover - the other system
        return  # a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_saved(reason: Exception) -> ResourceError:
    why = reason.why or reason.what if isinstance(reason, GroundglassError) else f"{type(reason).__name__}: {reason}"
    return ResourceError(
        "Your corrections are no longer being saved.",
        why,
        "Free some space. Saving goes on by itself with the next change; export the mask now if you must stop.",
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that only this person can read, whole and synced, in the place of what was there."""
    beside = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
