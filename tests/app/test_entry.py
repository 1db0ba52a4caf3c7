"""`groundglass` from the first word: who answers, and what is said when the window cannot open."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app import entry
from tests.house.tree import ROOT

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a display is a variable on Linux alone")


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands for the window; holds the words it was called with."""
    calls: list[list[str]] = []
    fake = ModuleType("app.main")
    fake.main = lambda words: calls.append(list(words)) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.main", fake)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return calls


@pytest.mark.parametrize(
    ("words", "seen"), [([], []), (["open"], []), (["open", "a", "--mask", "b"], ["a", "--mask", "b"])]
)
def test_no_word_and_open_are_the_window(window: list[list[str]], words: list[str], seen: list[str]) -> None:
    assert entry.main(words) == 0
    assert window == [seen]


def test_a_study_dropped_on_the_icon_opens(window: list[list[str]], tmp_path: Path) -> None:
    assert entry.main([str(tmp_path)]) == 0
    assert window == [[str(tmp_path)]]


def test_other_verbs_are_the_terminal(window: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["--help"]) == 0
    assert "doctor" in capsys.readouterr().out
    assert entry.main(["opne"]) == 2
    assert window == []


@linux
def test_without_a_display_it_says_so_instead_of_aborting(
    window: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert entry.main([]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 3
    assert window == []


@pytest.mark.parametrize("word", ["--screenshot=x.png", "--screenshot"])
def test_a_picture_needs_no_display(window: list[list[str]], monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert entry.main(["open", "ct", word, "x.png"]) == 0
    assert entry.os.environ["QT_QPA_PLATFORM"] == "offscreen"


def test_a_library_that_cannot_be_loaded_is_three_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "app.main":
                raise ImportError("libEGL.so.1: cannot open shared object file", name="PySide6.QtGui")

    monkeypatch.delitem(sys.modules, "app.main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert entry.main(["open"]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert "libEGL.so.1" in lines[1]
    assert "doctor" in lines[2]


def test_haste_leaves_no_trace_in_what_the_program_starts(
    window: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert entry.main([]) == 0
    assert gc.isenabled()
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert entry.main([]) == 0
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"


def test_the_window_is_there_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom app import entry\n"
        "with entry._in_haste():\n"
        "    import engine.case.shelf\n    from app.main import prepare_platform, start_application\n"
        "prepare_platform((1200, 800), 1.0)\napp = start_application()\n"
        "from app.model.prefs import Preferences\nfrom app.shell.window import Window\n"
        "from app.shell.errand import Errand\n"
        "window = Window(Preferences(), warm=False)\n"
        "late = ('torch', 'vtkmodules', 'SimpleITK', 'scipy', 'app.views.slice_view', 'app.views.volume_view')\n"
        "def seen():\n    print([n for n in late if n in sys.modules], app.windowIcon().isNull(), flush=True)\n"
        "    os._exit(0)\n"
        "window.painted.connect(seen)\n"
        "window.show()\napp.exec()\n"
    )
    home = {**os.environ, "GROUNDGLASS_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=home, capture_output=True, text=True, check=False)
    assert out.stdout.splitlines() == ["[] False"], out.stderr
