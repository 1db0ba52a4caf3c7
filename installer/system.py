"""What the operating system must bring: Python's venv, a libc, OpenGL and X libraries, room on the disk."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from installer.problem import Problem

# Library → Debian's package. Without these Qt and VTK cannot even draw into memory.
NEEDED = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libX11.so.6": "libx11-6",
}
# Library → Debian's package. Without these there is no window on an X11 desktop.
DESKTOP = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-image.so.0": "libxcb-image0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libXcursor.so.1": "libxcursor1",
}
VENV_PACKAGE = "python3-venv"
ROOM_GB = 6.0
_GLIBC = (2, 34)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Missing:
    """What this machine lacks.

    Args:
        needed: Debian packages without which nothing runs.
        desktop: Debian packages without which no window opens on an X11 desktop.
    """

    needed: tuple[str, ...]
    desktop: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both lists."""
        return self.needed + self.desktop


def loads(library: str) -> bool:
    """Return whether the dynamic linker finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def look(loads: Callable[[str], bool] = loads, *, venv: bool | None = None) -> Missing:
    """Return what this Linux machine lacks; nothing on other systems.

    Args:
        loads: Tells whether a library is found.
        venv: Whether Python can make environments; looked up if None.
    """
    if not sys.platform.startswith("linux"):
        return Missing((), ())
    has_venv = importlib.util.find_spec("ensurepip") is not None if venv is None else venv
    needed = [] if has_venv else [VENV_PACKAGE]
    needed += [package for library, package in NEEDED.items() if not loads(library)]
    return Missing(tuple(needed), tuple(p for library, p in DESKTOP.items() if not loads(library)))


def provide(missing: Missing, say: Say, *, root: bool | None = None, apt: str | None = None) -> None:
    """Install what is missing where we may; name it in one sentence where we may not.

    Raises:
        Problem: something needed is missing and cannot be installed from here.
    """
    if not missing.all:
        return
    apt = shutil.which("apt-get") if apt is None else apt
    root = _is_root() if root is None else root
    if apt and root:
        say(f"Installing {len(missing.all)} missing system packages: {' '.join(missing.all)}")
        _apt(apt, missing.all)
        importlib.invalidate_caches()
        return
    names = " ".join(missing.all)
    libraries = ", ".join(name for name, package in (NEEDED | DESKTOP).items() if package in missing.all)
    fix = (
        f"Run: sudo apt-get install {names}, then the same command again."
        if apt
        else f"Install the packages of your system that hold them{f': {libraries}' if libraries else ''}."
    )
    if missing.needed:
        raise Problem("System packages are missing.", f"In Debian's words they are: {names}.", fix)
    say(f"Without these no window opens on this desktop: {names}. {fix}")


def check(folder: Path, *, free_bytes: int | None = None, supported: bool = True) -> None:
    """Check what cannot be installed: the processor, the libc, the room on the disk.

    Args:
        folder: Where the environment will lie.
        free_bytes: Room on that disk; measured if None.
        supported: Whether the room is asked for (not, once everything is there).

    Raises:
        Problem: one of them does not do.
    """
    system, processor = platform.system(), platform.machine()
    if system == "Darwin" and processor == "x86_64":
        raise Problem(
            "Intel Macs cannot run this version.",
            "torch is no longer built for them.",
            "Use a Mac with an Apple processor, Windows or Linux.",
        )
    libc = glibc()
    least = (2, 39) if processor == "aarch64" else _GLIBC
    if libc is not None and libc < least:
        raise Problem(
            "This Linux is too old for Qt.",
            f"Its glibc is {libc[0]}.{libc[1]}; {least[0]}.{least[1]} or newer is needed on {processor}.",
            "Debian 12, Ubuntu 22.04 and newer have it." if processor != "aarch64" else "Ubuntu 24.04 and newer do.",
        )
    if not supported:
        return
    free = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    if free < ROOM_GB * 1e9:
        raise Problem(
            "The disk is too full for the set-up.",
            f"{free / 1e9:.1f} GB are free at {folder}; {ROOM_GB:.0f} GB are needed while it runs.",
            "Make room, or put the checkout on another disk.",
        )


def glibc() -> tuple[int, int] | None:
    """Return the version of glibc, or None where there is none."""
    if not hasattr(os, "confstr"):
        return None
    try:
        found = re.search(r"glibc (\d+)\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (ValueError, OSError):
        return None
    return (int(found[1]), int(found[2])) if found else None


def unresolved(libraries: Iterable[Path]) -> tuple[str, ...]:
    """Return the names that `ldd` says are not found, for files that Qt loads at run time.

    Qt itself always blames libxcb-cursor0, whatever is missing.
    """
    ldd = shutil.which("ldd")
    if ldd is None or not sys.platform.startswith("linux"):
        return ()
    missing: dict[str, None] = {}
    for library in libraries:
        answer = subprocess.run([ldd, str(library)], capture_output=True, text=True, check=False)
        missing |= dict.fromkeys(parse_ldd(answer.stdout))
    return tuple(missing)


def parse_ldd(text: str) -> tuple[str, ...]:
    """Return the library names on the lines of `ldd` that end in "not found"."""
    return tuple(line.split("=>")[0].strip() for line in text.splitlines() if line.rstrip().endswith("not found"))


def qt_plugins(site_packages: Path) -> tuple[Path, ...]:
    """Return the files of Qt whose libraries decide whether a window can open."""
    folder = site_packages / "PySide6" / "Qt"
    wanted = ("plugins/platforms/libqxcb.so", "plugins/platforms/libqoffscreen.so", "lib/libQt6Widgets.so.6")
    return tuple(folder / name for name in wanted if (folder / name).exists())


def has_display() -> bool:
    """Return whether a window could be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _apt(apt: str, packages: tuple[str, ...]) -> None:
    variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    install = [apt, "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in ([apt, "update", "-q"], install):
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, env=variables, stdin=subprocess.DEVNULL
        )
        if answer.returncode:
            last = " ".join((answer.stderr or answer.stdout).strip().splitlines()[-3:])
            raise Problem(
                f"`{' '.join(command[:2])}` failed.",
                last,
                f"Run `{' '.join(install)}` by hand, then the same command again.",
            )
