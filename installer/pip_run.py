"""Running pip: one short line per package on the screen, all of it in a log."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from installer.places import Places, child_environment
from installer.problem import Problem

Say = Callable[[str], None]
_UNREACHABLE = re.compile(r"Connection broken by .*?host='([^']+)'", re.IGNORECASE)
_TOLD = re.compile(r"^\s*(Downloading(?!.*\.metadata)|Installing collected packages|Building)\b")


def pip_install(places: Places, words: Sequence[str], say: Say, *, what: str, fix: str, quiet: bool = False) -> None:
    """Run ``pip install`` in the environment.

    Args:
        places: The checkout.
        words: The arguments after ``install``.
        say: Takes the lines of progress.
        what: What is installed, for the sentence of a failure.
        fix: What the user can do about a failure.
        quiet: Whether progress is left out.

    Raises:
        Problem: pip failed; its own last words are the reason.
    """
    drop_unfinished(places.venv)
    command = [str(places.python), "-m", "pip", "install", "--progress-bar", "off", *words]
    lines: list[str] = []
    with places.log.open("a", encoding="utf-8") as log:
        log.write(f"$ pip {' '.join(command[3:])}\n")
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=child_environment(),
        ) as pip:
            for line in pip.stdout or ():
                log.write(line)
                lines.append(line.rstrip())
                if not quiet and _TOLD.match(line):
                    say(f"  {shorten(line)}")
    if pip.returncode:
        raise Problem(f"{what[:1].upper()}{what[1:]} could not be installed.", reason(lines), fix) from None


def drop_unfinished(venv: Path) -> tuple[str, ...]:
    """Remove the notes of packages whose unpacking was interrupted, so that pip unpacks them again.

    pip takes a package for installed as soon as its METADATA lies there; it writes INSTALLER last.

    Returns:
        The folders removed.
    """
    half = [
        info
        for pattern in ("lib/python3*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info")
        for info in venv.glob(pattern)
        if info.is_dir() and not (info / "INSTALLER").exists()
    ]
    for info in half:
        shutil.rmtree(info)
    return tuple(info.name for info in half)


def shorten(line: str) -> str:
    """Return one line of pip without addresses and long lists."""
    line = line.strip()
    if line.startswith("Installing collected packages:"):
        return f"unpacking {line.count(',') + 1} packages"
    words = [word.rpartition("/")[2] if "://" in word else word for word in line.split()]
    return " ".join(_wheel_name(word) for word in words)[:100]


def _wheel_name(word: str) -> str:
    if not word.endswith((".whl", ".whl.metadata")):
        return word
    name, version, *_ = word.split("-")
    return f"{name} {version}"


def reason(lines: Sequence[str]) -> str:
    """Return why pip failed: hosts it could not reach, else its own errors, else its last three lines."""
    unreachable = sorted({found[1] for line in lines if (found := _UNREACHABLE.search(line))})
    if unreachable:
        return f"The network did not answer: {', '.join(unreachable)}."
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    return " ".join(errors[-2:] or [line for line in lines if line][-3:])[:500]
