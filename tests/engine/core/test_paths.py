"""Where things lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.core import paths
from engine.core.errors import ResourceError

FOLDERS = {
    "config": paths.config_dir, "state": paths.state_dir, "cache": paths.cache_dir, "data": paths.data_dir
}  # fmt: skip


@pytest.mark.parametrize("kind", FOLDERS)
def test_one_variable_puts_everything_of_the_user_under_one_root(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("GROUNDGLASS_HOME", str(tmp_path))
    assert FOLDERS[kind]() == tmp_path / kind


@pytest.mark.parametrize("kind", FOLDERS)
def test_without_it_the_folders_are_those_of_the_system(kind, tmp_path, monkeypatch):
    monkeypatch.delenv("GROUNDGLASS_HOME")
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    if sys.platform == "linux":
        assert FOLDERS[kind]() == tmp_path / kind / "groundglass"
    assert FOLDERS[kind]().name == "groundglass"


@pytest.mark.parametrize("kind", FOLDERS)
def test_without_the_package_that_knows_them_they_lie_in_the_home(kind, tmp_path, monkeypatch):
    monkeypatch.delenv("GROUNDGLASS_HOME")
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert FOLDERS[kind]() == tmp_path / ".groundglass" / kind


def test_what_ships_with_the_program_is_found():
    assert paths.resource("labelsets/lung-lesions.toml").is_file()


def test_a_frozen_program_looks_beside_itself_first(tmp_path, monkeypatch):
    (tmp_path / "resources" / "labelsets").mkdir(parents=True)
    own = tmp_path / "resources" / "labelsets" / "lung-lesions.toml"
    own.write_text("")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resource("labelsets/lung-lesions.toml") == own
    assert Path(paths.resource("labelsets")).is_dir()


def test_a_missing_file_is_named():
    with pytest.raises(ResourceError, match="weights/none") as caught:
        paths.resource("weights/none")
    assert caught.value.fix
