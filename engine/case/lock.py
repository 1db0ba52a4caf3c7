"""One case is corrected in one window at a time. A lock of a killed process is taken over."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.core.errors import InputError

_SAME_START_S = 5.0  # clocks are set now and then; a number is not given to a new process within seconds


def process_started(pid: int) -> float | None:
    """Return when a process of this machine was started (seconds since the epoch), or None if there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # dead; only its parent has not asked after it yet
            return None
        return float(process.create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:  # it is there, but of somebody else
        return 0.0


class CaseLock:
    """A file that says which process holds a case.

    Args:
        path: The lock file.
        started: Returns when a process was started; another one in tests.
    """

    def __init__(self, path: Path, *, started: Callable[[int], float | None] = process_started) -> None:
        self._path = path
        self._started = started
        self._text = ""

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            InputError: a living process holds it.
            OSError: the folder cannot be written to.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pid = os.getpid()
        text = json.dumps({"pid": pid, "started": self._started(pid), "host": _host(), "token": os.urandom(8).hex()})
        while not self._create(text):
            held = _read(self._path)
            if held is not None and self._is_alive(held):
                raise _busy(self._path, held)
            self._take_away(held)
        self._text = text

    def release(self) -> None:
        """Give the lock back; a lock that somebody else holds by now is left alone."""
        if self._text and self._text == _text_of(self._path):
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._text = ""

    @property
    def held(self) -> bool:
        """Whether a living process holds it, this one included."""
        return self.refusal is not None

    @property
    def refusal(self) -> InputError | None:
        """The error with which `acquire` would refuse, or None."""
        held = _read(self._path)
        return _busy(self._path, held) if held is not None and self._is_alive(held) else None

    def _create(self, text: str) -> bool:
        # Written beside and linked: nobody ever sees a lock without its text.
        beside = self._path.with_name(f"{self._path.name}.{os.urandom(4).hex()}")
        _write_new(beside, text)
        try:
            os.link(beside, self._path)
        except FileExistsError:
            return False
        except OSError:  # no links on this disk
            try:
                _write_new(self._path, text)
            except FileExistsError:
                return False
        finally:
            beside.unlink()
        return True

    def _is_alive(self, held: dict[str, Any]) -> bool:
        if held.get("host") != _host():
            return True  # on a shared disk: nothing here can tell
        started = self._started(int(held["pid"]))
        if started is None:
            return False
        told = held.get("started")
        return started == 0.0 or told is None or abs(started - float(told)) <= _SAME_START_S

    def _take_away(self, stale: dict[str, Any] | None) -> None:
        # By renaming: of two windows that find the same stale lock only one gets it out of the way.
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.replace(aside)
        except FileNotFoundError:
            return
        taken = _read(aside)
        if taken != stale and taken is not None and self._is_alive(taken):
            with contextlib.suppress(OSError):  # the other window was faster, and this is its fresh lock
                aside.replace(self._path)
            return
        with contextlib.suppress(OSError):
            aside.unlink()


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        held: Any = json.loads(_text_of(path) or "")
        int(held["pid"])
    except (ValueError, TypeError, KeyError):
        return None
    return held


def _host() -> str:
    # Hashed: names of machines say where somebody works.
    import socket  # 10 ms that the first window need not wait for

    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]


def _busy(path: Path, held: dict[str, Any]) -> InputError:
    if held.get("host") != _host():
        return InputError(
            "This case is open on another machine.",
            "Its folder is shared, and that machine has not closed it.",
            f"Close it there. If that machine is switched off, delete the file {path}.",
        )
    started = held.get("started")
    since = f" since {datetime.fromtimestamp(float(started)).astimezone():%H:%M}" if started else ""
    return InputError(
        "This case is already open in another window.",
        f"Process {held['pid']} has been running{since}.",
        "Go on in that window, or close the case there first.",
    )
