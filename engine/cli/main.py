"""`groundglass VERB …`: finds the verb, runs it, and turns every failure into three lines and an exit code.

Exit codes: 0 done, 1 some cases failed, 2 wrong use or bad input, 3 resources, 4 model, 5 library, 70 defect,
130 cancelled.
"""

from __future__ import annotations

import difflib
import io
import os
import sys
import traceback
from collections.abc import Sequence

from engine.cli.registry import OPEN_TEXT, VERBS
from engine.core.errors import Cancelled, GroundglassError, InputError

DEFECT = 70
CANCELLED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code of the process.

    Args:
        arguments: The words after ``groundglass``; those of this process if None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    _speak_anywhere()
    try:
        return _dispatch(words)
    except SystemExit as leaving:  # argparse: --help and wrong use
        return _exit_code(leaving)
    except GroundglassError as error:
        return fail(error, debug=debug)
    except (Cancelled, KeyboardInterrupt):
        _say("Stopped.")
        return CANCELLED
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); Python would complain again while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CANCELLED
    except Exception as defect:  # noqa: BLE001 - the last guard before the user
        return _defect(defect, debug=debug)


def fail(error: GroundglassError, *, debug: bool = False) -> int:
    """Print an expected failure as what, why and fix, and return its exit code."""
    for line in error.lines:
        _say(line)
    if debug:
        _say("".join(traceback.format_exception(error)).rstrip())
        if error.details:
            _say(error.details)
    return error.exit_code


def overview() -> str:
    """Return the help of ``groundglass`` itself: every verb with one line."""
    rows = [("open", OPEN_TEXT), *((name, VERBS.entry(name).text) for name in VERBS)]
    width = max(len(name) for name, _ in rows)
    verbs = "\n".join(f"  {name:<{width}}  {text}" for name, text in rows)
    return (
        "usage: groundglass [VERB …]\n\n"
        "Open a chest CT, have it segmented, correct it, export the mask.\n"
        "Without a verb the window opens.\n\n"
        f"verbs:\n{verbs}\n\n"
        "`groundglass VERB --help` explains a verb; `groundglass --version` names this version."
    )


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in {"-h", "--help", "help"}:
        print(overview())
        return 0
    if words[0] in {"-V", "--version"}:
        print(f"groundglass {version() or '(from a checkout)'}")
        return 0
    verb, *rest = words
    if verb not in VERBS:
        raise _unknown(verb)
    return VERBS.get(verb)(rest)


def _unknown(verb: str) -> InputError:
    known = ("open", *VERBS)
    near = difflib.get_close_matches(verb, known, n=1)
    what = f"There is no verb called “{verb}”, and no such file."
    fix = f"Did you mean “{near[0]}”?" if near else f"Choose one of: {', '.join(known)}."
    return InputError(what, "", fix)


def version() -> str:
    """Return the version of the program; empty where it was not installed."""
    import importlib.metadata

    try:
        return importlib.metadata.version("groundglass")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _speak_anywhere() -> None:
    # A console of Windows or a pipe may not know “ or →; a question mark in its place beats a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    return leaving.code if isinstance(leaving.code, int) else 2


def _defect(defect: Exception, *, debug: bool) -> int:
    _say(f"This is a defect of groundglass: {type(defect).__name__}: {defect}")
    if debug:
        _say("".join(traceback.format_exception(defect)).rstrip())
    else:
        _say("Run the same command with --debug and report what it prints.")
    return DEFECT


def _say(line: str) -> None:
    print(line, file=sys.stderr)
