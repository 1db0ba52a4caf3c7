"""What nobody caught is said and kept."""

from __future__ import annotations

import sys

from app.shell.crash_guard import CrashGuard
from engine.core.errors import GroundglassError
from engine.core.paths import state_dir


def test_what_nobody_caught_is_said_and_kept(qtbot) -> None:
    shown: list[GroundglassError] = []
    guard = CrashGuard(shown.append, version="1")
    guard.install()
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        guard.remove()
    assert "mistake" in shown[0].what
    reports = list((state_dir() / "reports").glob("*.txt"))
    assert len(reports) == 1
    assert "ZeroDivisionError" in reports[0].read_text(encoding="utf-8")
    assert sys.excepthook is not guard._caught
