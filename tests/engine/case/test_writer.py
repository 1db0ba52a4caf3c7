"""Records are on the disk in order; what a full disk refused is written as soon as there is room."""

from __future__ import annotations

import errno
import stat
import sys
from pathlib import Path

import pytest

from engine.case import writer as module
from engine.case.writer import Writer
from engine.core.errors import GroundglassError, ResourceError

WAIT_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def full(*_args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_records_follow_one_another_and_an_old_file_is_gone_on_with(path: Path) -> None:
    for words in ((b"one ", b"two "), (b"three",)):
        writer = Writer(path)
        for word in words:
            writer.append(lambda word=word: [word])
        assert writer.wait(timeout_s=WAIT_S)
        assert writer.pending == 0
        writer.stop()
    assert path.read_bytes() == b"one two three"
    assert writer.size == len(b"one two three")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are another matter there")
def test_nobody_else_may_read_it(path: Path) -> None:
    writer = Writer(path)
    writer.replace(lambda: [b"x"])
    writer.stop()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_takes_the_place_of_everything_before(path: Path) -> None:
    writer = Writer(path)
    writer.append(lambda: [b"old"])
    writer.replace(lambda: [b"new ", b"and "])
    writer.append(lambda: [b"more"])
    writer.stop(timeout_s=WAIT_S)
    assert path.read_bytes() == b"new and more"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_full_disk_is_told_once_and_caught_up_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[GroundglassError | None] = []
    writer = Writer(path, told.append)
    writer.append(lambda: [b"first "])
    assert writer.wait(timeout_s=WAIT_S)
    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fsync", full)
        for word in (b"second ", b"third "):
            number = writer.append(lambda word=word: [word])
            assert not writer.wait(number, timeout_s=WAIT_S)
        assert path.read_bytes() == b"first ", "half a record would make the rest unreadable"
        assert writer.pending == 2
        assert isinstance(writer.trouble, ResourceError)
    writer.try_again()
    assert writer.wait(timeout_s=WAIT_S)
    writer.stop()
    assert path.read_bytes() == b"first second third "
    assert [error is None for error in told] == [False, True]
    assert "no longer being saved" in told[0].what


def test_a_new_file_that_cannot_be_written_leaves_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(path)
    writer.append(lambda: [b"old"])
    assert writer.wait(timeout_s=WAIT_S)
    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fsync", full)
        writer.replace(lambda: [b"new"])
        assert not writer.wait(timeout_s=WAIT_S)
    assert path.read_bytes() == b"old"
    writer.try_again()
    assert writer.wait(timeout_s=WAIT_S)
    writer.append(lambda: [b" end"])
    writer.stop(timeout_s=WAIT_S)
    assert path.read_bytes() == b"new end"


def test_a_record_that_cannot_be_made_does_not_stop_the_thread(path: Path) -> None:
    def broken() -> list[bytes]:
        raise ZeroDivisionError

    writer = Writer(path)
    number = writer.append(broken)
    assert not writer.wait(number, timeout_s=WAIT_S)
    assert "ZeroDivisionError" in writer.trouble.why  # type: ignore[union-attr]
    writer.stop(timeout_s=WAIT_S)
