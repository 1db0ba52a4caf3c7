from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine.core.errors import Cancelled, GroundglassError, InputError, ResourceError
from engine.core.progress import CancelToken
from engine.io.files import members
from engine.io.files.members import disk_file, long_path, shown, walk


def tree(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_every_file_below_is_found_once(tmp_path: Path) -> None:
    tree(tmp_path, "b", "a/x", "a/deep/y", "c/z")
    found = {m.path_inside: m.read().decode() for m in walk(tmp_path)}
    assert found == {name: name for name in ("b", "a/x", "a/deep/y", "c/z")}


def test_litter_of_operating_systems_is_left_out(tmp_path: Path) -> None:
    tree(tmp_path, ".DS_Store", "Thumbs.db", "__MACOSX/x", ".hidden/y", "real")
    assert [m.name for m in walk(tmp_path)] == ["real"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_to_files_are_followed_links_to_folders_are_not(tmp_path: Path) -> None:
    tree(tmp_path, "store/one", "study/two")
    (tmp_path / "study" / "one").symlink_to(tmp_path / "store" / "one")
    (tmp_path / "study" / "circle").symlink_to(tmp_path)
    (tmp_path / "study" / "gone").symlink_to(tmp_path / "nowhere")
    assert sorted(m.name for m in walk(tmp_path / "study")) == ["one", "two"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    tree(tmp_path, "real")
    assert [m.name for m in walk(tmp_path)] == ["real"]
    with pytest.raises(InputError, match="device or a pipe"):
        disk_file(tmp_path / "pipe")


def test_a_folder_with_far_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_FILES", 3)
    tree(tmp_path, "a", "b", "c", "d")
    with pytest.raises(InputError, match="more than 3 files"):
        list(walk(tmp_path))


def test_a_folder_that_cannot_be_listed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(members.os, "scandir", denied)
    with pytest.raises(ResourceError, match="may not be opened by you"):
        list(walk(tmp_path))


def test_cancelling_stops_the_walk(tmp_path: Path) -> None:
    tree(tmp_path, "a")
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        list(walk(tmp_path, token))


def test_pieces_of_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(range(100)))
    file = disk_file(tmp_path / "f")
    assert file.read(10, 5) == bytes(range(10, 15))
    assert file.read(95, 50) == bytes(range(95, 100))
    assert file.read() == bytes(range(100))
    assert file.size == file.size_now() == 100


def test_a_file_that_went_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    file = disk_file(tmp_path / "f")
    (tmp_path / "f").unlink()
    assert file.size_now() == 0
    with pytest.raises(GroundglassError, match="“f” could not be read"):
        file.read()


def test_a_file_in_use_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    file = disk_file(tmp_path / "f")
    tries: list[int] = []
    real = open

    def busy(path: str, *args: object, **kwargs: object) -> object:
        tries.append(1)
        if len(tries) < 3:
            raise PermissionError(13, "in use", path)
        return real(path, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(members.sys, "platform", "win32")
    monkeypatch.setattr(members, "_RETRY_AFTER_S", 0.0)
    monkeypatch.setattr(members, "open", busy, raising=False)
    assert file.read() == b"abc"
    assert len(tries) == 3


def test_long_windows_paths_get_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert long_path(Path("/data/study")) == "/data/study"
    monkeypatch.setattr(members.sys, "platform", "win32")
    assert long_path(Path("/data/study")).startswith("\\\\?\\")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b/c", "c"),
        ("a\\b\\c", "c"),
        ("../../x", "x"),
        ("a\nb\x1b[31m", "a·b·[31m"),
        ("x" * 100, "x" * 40 + "…" + "x" * 36),
    ],
)
def test_names_are_fit_to_stand_in_a_sentence(path: str, name: str) -> None:
    assert shown(path) == name
