"""Files that are either the old one or the whole new one."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from engine.core.atomic import explain_os_error, reading, replacing, write_bytes, write_text
from engine.core.errors import InputError, ResourceError


def test_a_file_is_made_with_its_folder_and_nothing_else(tmp_path):
    path = tmp_path / "a" / "b" / "mask.nii.gz"
    write_text(path, "Größe")
    assert path.read_text(encoding="utf-8") == "Größe"
    assert list(path.parent.iterdir()) == [path]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize(("name", "suffix"), [("m.nii.gz", ".nii.gz"), ("m.v2.nrrd", ".nrrd"), ("m", "")])
def test_the_temporary_name_keeps_what_writers_look_at(tmp_path, name, suffix):
    with replacing(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith(suffix)
        assert "".join(temporary.suffixes) == suffix
        temporary.write_bytes(b"x")
    assert (tmp_path / name).read_bytes() == b"x"


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_room_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(ResourceError, match="disk is full"):
        write_bytes(tmp_path / "out", b"xx")
    assert not list(tmp_path.iterdir())


def test_a_drive_that_tells_no_size_is_not_taken_for_full(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 0))
    write_bytes(tmp_path / "out", b"xx")
    assert (tmp_path / "out").read_bytes() == b"xx"


def test_a_full_disk_while_writing_is_told_and_cleaned_up(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="disk is full"):
        write_bytes(tmp_path / "out", b"x")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError, match="could not be written"):
        write_bytes(tmp_path / "file" / "out", b"x")


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, ResourceError, "disk is full"),
        (errno.EDQUOT, ResourceError, "disk is full"),
        (errno.EROFS, ResourceError, "may not be written to"),
        (errno.EACCES, ResourceError, "may not be written to"),
        (errno.ENAMETOOLONG, InputError, "file name is too long"),
        (errno.EIO, ResourceError, "Input/output error"),
    ],
)
def test_every_trouble_of_the_disk_says_what_to_do(number, kind, words):
    error = explain_os_error(OSError(number, os.strerror(number)), Path("/x/out.nii.gz"))
    assert type(error) is kind
    assert words in str(error)
    assert len(error.lines) == 3


def test_a_trouble_without_words_gets_some():
    assert "does not answer" in explain_os_error(OSError(), Path("/x/y")).why


def test_reading_is_explained_too(tmp_path):
    assert reading(lambda: b"x", tmp_path) == b"x"
    path = tmp_path / "missing"
    with pytest.raises(ResourceError, match="could not be read"):
        reading(path.read_bytes, path)
    assert "may not be opened" in explain_os_error(PermissionError(13, "no"), path, act="read").why


def test_a_place_below_a_file_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ResourceError, match="no folder"):
        write_text(tmp_path / "file" / "x.txt", "text")
    assert (tmp_path / "file").read_text() == "mine"
