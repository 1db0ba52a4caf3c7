"""`groundglass`: no verb or `open` opens the window, every other verb is the engine's. Imports nothing heavy."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.cli import main as terminal
from engine.cli.registry import VERBS
from engine.core.errors import ResourceError

_TERMINAL_ONLY = {"-h", "--help", "help", "-V", "--version"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    Args:
        arguments: The words after ``groundglass``; those of this process if None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and (words[0] in VERBS or words[0] in _TERMINAL_ONLY):
        return terminal.main(words)
    if words and words[0] == "open":
        return _window(words[1:])
    if not words or Path(words[0]).exists():  # a study dropped on the program's icon
        return _window(words)
    return terminal.main(words)


def _window(words: list[str]) -> int:
    choose_platform(words)
    try:
        _require_display()
        with _in_haste():
            import engine.case.shelf  # noqa: F401 - brings numpy and the case, see _in_haste
            from app.main import main as window
    except ResourceError as error:
        return terminal.fail(error, debug="--debug" in words)
    except ImportError as error:
        if error.name and error.name.split(".")[0] in {"app", "engine"}:
            raise
        return terminal.fail(_cannot_import(error), debug="--debug" in words)
    return window(words)


@contextmanager
def _in_haste() -> Iterator[None]:
    """Import the parts of the window a fifth sooner.

    The engine's parts go first: once PySide6 is loaded, its import hook reads the source of every module that
    comes after it. numpy need not start a thread per core for a window that multiplies no matrices (the engine
    is a process of its own). And nothing of what is imported is garbage, now or later.
    """
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        if threads is None:
            os.environ.pop("OPENBLAS_NUM_THREADS", None)


def choose_platform(words: Sequence[str]) -> None:
    """Let a picture be taken without a display: Qt's offscreen platform, unless one was named."""
    pictures = any(word == "--screenshot" or word.startswith("--screenshot=") for word in words)
    helps = any(word in {"-h", "--help"} for word in words)
    if pictures or helps:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _require_display() -> None:
    # Without a display Qt aborts the whole process; say it before.
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    raise ResourceError(
        "The window cannot open: there is no display here.",
        "Neither DISPLAY nor WAYLAND_DISPLAY is set.",
        "Use the verbs of the terminal (`groundglass --help`), or `groundglass open SRC --screenshot PICTURE.png`.",
    )


def _cannot_import(error: ImportError) -> ResourceError:
    return ResourceError(
        "The window cannot open: a part it needs cannot be loaded.",
        str(error),
        "Run `python3 -m installer setup`; `groundglass doctor` names what is missing.",
    )


if __name__ == "__main__":
    sys.exit(main())
