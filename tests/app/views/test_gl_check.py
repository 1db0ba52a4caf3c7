"""The OpenGL probe as a child of the window."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from PySide6.QtCore import QObject

from app.views.gl_check import GlCheck
from app.views.gl_probe import GlReport


@pytest.mark.parametrize(
    ("code", "word", "limit_ms"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended the test program", 60_000),
        ("print('nonsense')", "ended the test program", 60_000),
        ("import threading; threading.Event().wait()", "did not answer", 100),
    ],
)
def test_the_check_tells_once_whatever_the_child_does(qtbot: Any, code: str, word: str, limit_ms: int) -> None:
    owner = QObject()
    check = GlCheck(owner, command=[sys.executable, "-c", code], limit_ms=limit_ms)
    told: list[GlReport] = []
    check.done.connect(told.append)
    check.start()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    check.stop()
    assert len(told) == 1
    assert not told[0].works
    assert word in told[0].reason


def test_a_missing_program_is_a_reason_too(qtbot: Any) -> None:
    owner = QObject()
    check = GlCheck(owner, command=["/nonexistent/probe"])
    with qtbot.waitSignal(check.done, timeout=5000) as caught:
        check.start()
    assert "could not be started" in caught.args[0].reason
