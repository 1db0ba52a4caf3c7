"""Told to end by the system or by Ctrl+C in the terminal, the window closes as if a person had closed it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from app.shell.ending import Ending
from engine.case.journal import Journal
from tests.support.window import Bench, chest_file

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows ends a program by its window")


@pytest.fixture
def ended(bench: Callable[..., Bench], tmp_path: Path) -> Iterator[tuple[Bench, list[int]]]:
    """A window with a painted stroke, and the exit codes it was told to end with."""
    b, codes = bench(), []
    b.open(chest_file(tmp_path))
    b.pane().setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    ending = Ending(b.window, leave=codes.append)
    ending.install()
    yield b, codes
    ending.remove()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_closes_the_window_and_the_case(ended: tuple[Bench, list[int]], name: str) -> None:
    b, codes = ended
    number = signal.Signals[name]
    os.kill(os.getpid(), number)
    b.wait(lambda: codes)
    assert codes == [128 + number]
    assert not b.window.isVisible()
    assert not Journal.unfinished(b.window.keeping.folder)
    (kept,) = Journal.saved(b.window.keeping.folder)
    assert kept.steps == 1


def test_an_open_dialog_does_not_keep_the_window_open(ended: tuple[Bench, list[int]]) -> None:
    b, codes = ended
    b.window.run_command("settings")
    b.wait(lambda: any(d.isVisible() for d in b.window.findChildren(QDialog)))
    os.kill(os.getpid(), signal.SIGTERM)
    b.wait(lambda: codes)
    assert not b.window.isVisible()
    assert not Journal.unfinished(b.window.keeping.folder)


def test_afterwards_signals_mean_what_they_meant(bench: Callable[..., Bench]) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    ending = Ending(bench().window, leave=lambda _code: None)
    ending.install()
    assert signal.getsignal(signal.SIGTERM) is not before[0]
    ending.remove()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
    assert signal.set_wakeup_fd(-1) == -1
