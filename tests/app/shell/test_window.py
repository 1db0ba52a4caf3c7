"""The window itself: held keys, the crash guard, panels that come back, one picture from the terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.look.tokens import DARK, LIGHT, tokens_of
from app.shell.crash_guard import CrashGuard
from engine.core.errors import GroundglassError
from engine.core.paths import state_dir
from tests.support.window import Bench, chest_file

ROOT = Path(__file__).resolve().parents[3]


def test_labels_are_hidden_while_h_is_held(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    view = b.pane()
    view.setFocus()
    QTest.keyPress(view, Qt.Key.Key_H)
    assert b.session.overlay.hidden
    QTest.keyRelease(view, Qt.Key.Key_H)
    assert not b.session.overlay.hidden


def test_theme_changes_everything_at_once_and_is_remembered(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert tokens_of(b.window.palette()) is DARK
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is LIGHT
    assert b.window.preferences.now.theme == "light"
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is DARK


def test_a_closed_panel_comes_back(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    dock = b.window.docks.docks["findings"]
    assert dock.isVisible()
    dock.close()
    assert not dock.isVisible()
    b.window.run_command("reset-docks")
    assert dock.isVisible()


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


def run_open(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `groundglass open` without a display."""
    return subprocess.run(
        [sys.executable, "-m", "app.entry", "open", *words], cwd=ROOT, capture_output=True, text=True, timeout=200
    )


@pytest.mark.slow
def test_one_picture_from_the_terminal(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    words = (
        "--screenshot",
        str(picture),
        "--layout",
        "single",
        "--theme",
        "light",
        "--size",
        "1000x700",
        "--scale",
        "2",
    )
    done = run_open(str(chest_file(tmp_path)), *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(picture)
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (2000, 1400)
    colours = {image.pixelColor(x, y).name() for x in range(0, 2000, 40) for y in range(0, 1400, 40)}
    assert {"#000000", "#ffffff"} <= colours  # panes and light panels


@pytest.mark.slow
def test_a_picture_of_nothing_ends_with_three_lines_and_2(tmp_path: Path) -> None:
    done = run_open(str(tmp_path / "no.nii.gz"), "--screenshot", str(tmp_path / "p.png"))
    assert done.returncode == 2
    assert "no.nii.gz" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "p.png").exists()
