"""What is asked of the operating system, and what is said when it is missing."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from installer import system
from installer.problem import Problem

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone needs system packages")


def fake_apt(folder: Path, code: int = 0) -> Path:
    path = folder / "apt-get"
    path.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\necho "E: unable" >&2\nexit {code}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@linux
def test_nothing_is_missing_where_all_is_there() -> None:
    assert system.look(lambda _: True, venv=True).all == ()


@linux
def test_a_bare_debian_lacks_venv_and_every_library() -> None:
    missing = system.look(lambda _: False, venv=False)
    assert missing.needed == ("python3-venv", *system.NEEDED.values())
    assert missing.desktop == tuple(system.DESKTOP.values())


@linux
def test_one_library_is_one_package() -> None:
    assert system.look(lambda name: name != "libEGL.so.1", venv=True) == system.Missing(("libegl1",), ())


def test_the_dynamic_linker_is_asked() -> None:
    assert not system.loads("libno-such-library.so.9")


def test_a_user_is_told_all_of_it_in_one_sentence(tmp_path: Path) -> None:
    missing = system.Missing(("python3-venv", "libgl1"), ("libxcb-cursor0",))
    with pytest.raises(Problem) as caught:
        system.provide(missing, print, root=False, apt=str(fake_apt(tmp_path)))
    assert "sudo apt-get install python3-venv libgl1 libxcb-cursor0" in caught.value.lines[2]
    assert not (tmp_path / "calls").exists()


def test_root_installs_it(tmp_path: Path) -> None:
    said: list[str] = []
    system.provide(system.Missing(("libgl1",), ("libxcursor1",)), said.append, root=True, apt=str(fake_apt(tmp_path)))
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].startswith("update")
    assert calls[1].endswith("--no-install-recommends libgl1 libxcursor1")
    assert "libgl1" in said[0]


def test_a_failing_apt_ends_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        system.provide(system.Missing(("libgl1",), ()), print, root=True, apt=str(fake_apt(tmp_path, 100)))
    assert "unable" in caught.value.lines[1]


def test_what_only_a_desktop_lacks_does_not_stop_the_set_up(tmp_path: Path) -> None:
    said: list[str] = []
    system.provide(system.Missing((), ("libxcb-cursor0",)), said.append, root=False, apt=str(fake_apt(tmp_path)))
    assert "libxcb-cursor0" in said[0]


def test_another_linux_hears_the_names_of_the_libraries() -> None:
    with pytest.raises(Problem) as caught:
        system.provide(system.Missing(("libgl1",), ()), print, root=True, apt="")
    assert "libGL.so.1" in caught.value.lines[2]
    assert "apt-get" not in caught.value.lines[2]


LDD = """
\tlinux-vdso.so.1 (0x00007ffd)
\tlibxcb-shape.so.0 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
\tlibxcb-cursor.so.0 => not found
"""


def test_the_missing_lines_of_ldd_are_read() -> None:
    assert system.parse_ldd(LDD) == ("libxcb-shape.so.0", "libxcb-cursor.so.0")


@linux
def test_ldd_finds_everything_a_shell_needs() -> None:
    assert system.unresolved([Path("/bin/sh")]) == ()


def test_a_full_disk_is_said_with_figures(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"1\.0 GB are free.*6 GB are needed"):
        system.check(tmp_path, free_bytes=10**9)
    system.check(tmp_path, free_bytes=10**12)


def test_a_full_disk_does_not_matter_once_all_is_there(tmp_path: Path) -> None:
    assert system.check(tmp_path, free_bytes=10**9, supported=False) is None


def test_an_old_libc_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "glibc", lambda: (2, 31))
    monkeypatch.setattr(system.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(system.platform, "system", lambda: "Linux")
    with pytest.raises(Problem, match=r"2\.31.*2\.34"):
        system.check(tmp_path)


def test_an_intel_mac_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(system.platform, "system", lambda: "Darwin")
    with pytest.raises(Problem, match="Intel"):
        system.check(tmp_path)


@linux
def test_a_display_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not system.has_display()
    monkeypatch.setitem(os.environ, "WAYLAND_DISPLAY", "wayland-0")
    assert system.has_display()
