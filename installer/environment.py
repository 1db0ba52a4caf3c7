"""The environment, made step by step; each finished step is written down, so an interrupted set-up continues."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installer import system, torch_build
from installer.pip_run import pip_install
from installer.places import Places, child_environment
from installer.problem import Problem

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What the user asked for.

    Args:
        tests: Whether the tools of the tests are wanted too.
        torch: The build of torch, or None to go by the card.
        wheels: A folder with torch, or None.
        may_ask: Whether a person sits at a terminal.
    """

    tests: bool = False
    torch: torch_build.Build | None = None
    wheels: Path | None = None
    may_ask: bool = False


class Record:
    """What is already set up: step → fingerprint of what it was made from."""

    def __init__(self, places: Places) -> None:
        self._path = places.record
        self._root = str(places.root)
        self._steps: dict[str, str] = {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            if stored["root"] == self._root:
                self._steps = {str(k): str(v) for k, v in stored["steps"].items()}
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            self._steps = {}

    def get(self, step: str) -> str | None:
        """Return the fingerprint `step` was made from, or None."""
        return self._steps.get(step)

    def done(self, step: str, fingerprint: str) -> None:
        """Write down that `step` is finished."""
        self._steps[step] = fingerprint
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"root": self._root, "steps": self._steps}, indent=1), encoding="utf-8")
        new.replace(self._path)

    def forget(self) -> None:
        """Start from nothing."""
        self._steps = {}


def make(places: Places, wishes: Wishes, say: Say) -> None:
    """Bring the environment to what `wishes` asks for; at once if it is there already.

    Raises:
        Problem: it cannot be done here.
    """
    record = Record(places)
    if is_ready(places, wishes, record):
        return
    say(f"Setting groundglass up in {places.shown(places.venv)} (this can be interrupted and goes on where it was)")
    system.check(places.root, supported=record.get("runtime") is None)
    system.provide(system.look(), say)
    _venv(places, record, say)
    _torch(places, wishes, record, say)
    _locked(places, "runtime", record, say)
    if wishes.tests:
        _locked(places, "dev", record, say)
    _program(places, record, say)
    _libraries(places, record, say)
    say("Ready.")


def is_ready(places: Places, wishes: Wishes, record: Record) -> bool:
    """Return whether nothing needs to be done; reads four small files, starts nothing."""
    if not (places.python.exists() and places.command.exists()):
        return False
    locks = ["runtime", *(["dev"] if wishes.tests else [])]
    return (
        all(record.get(name) == _print_of(places.lock(name)) for name in locks)
        and record.get("program") == _print_of(places.pyproject)
        and record.get("libraries") == "checked"
        and _torch_is_right(record, wishes)
    )


def _venv(places: Places, record: Record, say: Say) -> None:
    if record.get("venv") == "made" and _has_pip(places.python):
        return
    record.forget()
    if places.venv.exists():
        if _has_pip(places.python) and _own_prefix(places):
            say(f"Using the environment {places.shown(places.venv)} that is there")
            record.done("venv", "made")
            return
        if not (places.venv / "pyvenv.cfg").exists() and any(places.venv.iterdir()):
            raise Problem(
                f"{places.venv} is in the way.",
                "It is a folder, but no Python environment.",
                "Rename or remove it, then run the same command again.",
            )
        say("The environment is unfinished or was moved: making it anew")
        shutil.rmtree(places.venv)
    say(f"Making the environment with Python {sys.version.split()[0]}")
    answer = subprocess.run(
        [sys.executable, "-m", "venv", str(places.venv)],
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(),
    )
    if answer.returncode:
        raise Problem(
            "Python could not make an environment.",
            " ".join((answer.stderr or answer.stdout).split())[-300:],
            f"On Debian: apt-get install {system.VENV_PACKAGE}, then run the same command again.",
        )
    record.done("venv", "made")


def _torch(places: Places, wishes: Wishes, record: Record, say: Say) -> None:
    if _torch_is_right(record, wishes):
        return
    if wishes.wheels is None:  # the old pip of an old Python would download a whole wheel only to look at it
        _own_pip(places, say)
    source = torch_build.choose(
        torch_build.look(),
        wanted=wishes.torch,
        wheels=wishes.wheels,
        own_sources=wishes.wheels is None and torch_build.pip_has_own_sources(places.python),
        ask=lambda: torch_build.ask_pip(places.python),
    )
    if source.build == "cuda" and wishes.may_ask and wishes.torch is None and wishes.wheels is None:
        answer = input(f"An NVIDIA card is here. Download torch for it ({torch_build.CUDA_SIZE})? [Y/n] ")
        if answer.strip().lower().startswith("n"):
            source = torch_build.choose(torch_build.look(), wanted="cpu")
    say(f"Installing {source.text}")
    fix = (
        "Check the network, or bring the wheel yourself: `python3 -m installer setup --torch-wheels FOLDER`. "
        "The CUDA build does as well: `--torch cuda`."
    )
    pip_install(places, (*_if_other(record, source), *source.arguments), say, what="torch", fix=fix)
    record.done("torch", f"{torch_build.VERSION} {source.build}")


def _if_other(record: Record, source: torch_build.Source) -> tuple[str, ...]:
    known = record.get("torch")
    return ("--force-reinstall",) if known and not known.endswith(source.build) else ()


def _torch_is_right(record: Record, wishes: Wishes) -> bool:
    version, _, build = (record.get("torch") or "").partition(" ")
    return version == torch_build.VERSION and wishes.torch in {None, build}


def _own_pip(places: Places, say: Say) -> None:
    pinned = next(
        (
            line.split()[0]
            for line in places.lock("runtime").read_text("utf-8").splitlines()
            if line.startswith("pip==")
        ),
        None,
    )
    if pinned:
        try:
            pip_install(places, ("--upgrade", pinned), say, what="pip", fix="", quiet=True)
        except Problem:
            say("pip stays as it is (no newer one could be had)")


def _locked(places: Places, name: str, record: Record, say: Say) -> None:
    lock = places.lock(name)
    fingerprint = _print_of(lock)
    if record.get(name) == fingerprint:
        return
    kind = "the libraries" if name == "runtime" else "the tools of the tests"
    say(f"Installing {kind}, every file checked against its hash")
    words = ("--require-hashes", "--only-binary", ":all:", "-r", str(lock))
    pip_install(places, words, say, what=kind, fix="Check the network and the room on the disk, then run it again.")
    record.done(name, fingerprint)


def _program(places: Places, record: Record, say: Say) -> None:
    fingerprint = _print_of(places.pyproject)
    if record.get("program") == fingerprint and places.command.exists():
        return
    words = ("--no-deps", "--no-build-isolation", "--no-index", "-e", str(places.root))
    pip_install(places, words, say, what="groundglass itself", fix="Run the same command again.", quiet=True)
    record.done("program", fingerprint)


def _libraries(places: Places, record: Record, say: Say) -> None:
    if sys.platform.startswith("linux"):
        site = next(iter(sorted((places.venv / "lib").glob("python3.*/site-packages"))), None)
        left = system.unresolved(system.qt_plugins(site)) if site else ()
        if left:
            known = system.NEEDED | system.DESKTOP
            names = ", ".join(f"{name} ({known[name]})" if name in known else name for name in left)
            say(f"Qt does not find: {names}. Windows may not open; pictures without a display still work.")
    record.done("libraries", "checked")


def _has_pip(python: Path) -> bool:
    try:
        answer = subprocess.run(
            [str(python), "-m", "pip", "--version"], capture_output=True, check=False, env=child_environment()
        )
    except OSError:
        return False
    return answer.returncode == 0


def _own_prefix(places: Places) -> bool:
    """Return whether the environment was made where it lies: scripts hold its path."""
    try:
        text = (places.venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    made_by = next((line for line in text.splitlines() if line.startswith("command = ")), "")
    return not made_by or made_by.rstrip().endswith(str(places.venv))


def _print_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
