"""The terminal as a whole: verbs are found, failures are three lines and an exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from engine.cli import main as terminal
from engine.cli.registry import VERBS
from engine.core.errors import (
    Cancelled,
    Choice,
    ChoiceNeeded,
    DicomError,
    GroundglassError,
    LibraryError,
    ModelError,
    ResourceError,
    WorkerError,
)
from tests.house.tree import ROOT


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Sequence[str]], int]], None]:
    """Puts a function in the place of every verb."""

    def put(function: Callable[[Sequence[str]], int]) -> None:
        monkeypatch.setattr(VERBS, "get", lambda _: function)

    return put


def failing(error: BaseException) -> Callable[[Sequence[str]], int]:
    def run(_: Sequence[str]) -> int:
        raise error

    return run


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_lists_every_verb(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main([word]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in ("open", *VERBS))


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("groundglass ")


def test_an_unknown_verb_is_2_and_the_nearest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["segmant"]) == 2
    streams = capsys.readouterr()
    assert "segment" in streams.err
    assert streams.out == ""


def test_the_words_after_the_verb_reach_it(verb: Callable[..., None]) -> None:
    seen: list[str] = []
    verb(lambda words: seen.extend(words) or 1)
    assert terminal.main(["segment", "ct.nii.gz", "-o", "out"]) == 1
    assert seen == ["ct.nii.gz", "-o", "out"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DicomError("a", "b", "c"), 2),
        (ChoiceNeeded("a", "b", "c", flag="--x", key="x", choices=(Choice("1", "one"),)), 2),
        (ResourceError("a", "b", "c"), 3),
        (ModelError("a", "b", "c"), 4),
        (LibraryError("a", "b", "c"), 5),
        (WorkerError("a", "b", "c"), 70),
    ],
)
def test_a_failure_is_three_lines_and_its_exit_code(
    verb: Callable[..., None], capsys: pytest.CaptureFixture[str], error: GroundglassError, code: int
) -> None:
    verb(failing(error))
    assert terminal.main(["segment"]) == code
    streams = capsys.readouterr()
    assert streams.err.splitlines() == ["a", "b", "c"]
    assert streams.out == ""


@pytest.mark.parametrize("error", [Cancelled(), KeyboardInterrupt()])
def test_stopped_is_130(verb: Callable[..., None], capsys: pytest.CaptureFixture[str], error: BaseException) -> None:
    verb(failing(error))
    assert terminal.main(["train"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_defect_is_70_and_asks_for_a_report(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    verb(failing(ZeroDivisionError("division by zero")))
    assert terminal.main(["segment"]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    assert "Traceback" not in err


def test_debug_shows_where(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    verb(failing(ZeroDivisionError()))
    assert terminal.main(["segment", "--debug"]) == 70
    assert "Traceback" in capsys.readouterr().err
    verb(failing(ModelError("a", "b", "c", details="sha256 differs")))
    assert terminal.main(["segment", "--debug"]) == 4
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "sha256 differs" in err


def test_a_console_without_our_quotes_gets_something_else() -> None:
    out = subprocess.run(
        [sys.executable, "-m", "app.entry", "segmant"],
        cwd=ROOT,
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 2
    assert "Did you mean ?segment??" in out.stderr


def test_wrong_use_of_a_verb_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["doctor", "--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
def test_a_reader_that_leaves_early_is_no_defect() -> None:
    code = (
        "import sys\nfrom engine.cli import main as t\nfrom engine.cli.registry import VERBS\n"
        "VERBS.get = lambda _: lambda words: [print('x' * 1000) for _ in range(10000)] and 0\n"
        "sys.exit(t.main(['models']))"
    )
    shell = f'"{sys.executable}" -c "$CODE" 2>&1 >/dev/full | cat; "{sys.executable}" -c "$CODE" | head -n 1 | wc -l'
    out = subprocess.run(
        ["bash", "-c", shell],
        cwd=ROOT,
        env={"CODE": code, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.stdout.splitlines()[-1].strip() == "1"
    assert "Traceback" not in out.stderr
    assert "defect" not in out.stderr


@pytest.mark.parametrize("name", list(VERBS))
def test_the_help_of_a_verb_shows_two_examples_and_needs_nothing_heavy(name: str) -> None:
    code = (
        "import sys\nfrom engine.cli.main import main\n"
        f"code = main([{name!r}, '--help'])\n"
        "heavy = [n for n in ('torch', 'vtk', 'PySide6', 'SimpleITK', 'openvino', 'scipy') if n in sys.modules]\n"
        "print('heavy', heavy)\nsys.exit(code)"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert out.stdout.splitlines()[-1] == "heavy []"
    examples = out.stdout.partition("examples:")[2]
    assert examples.count(f"groundglass {name}") >= 2


def test_the_window_is_among_the_verbs_that_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["opne"]) == 2
    assert "“open”" in capsys.readouterr().err
    assert terminal.main(["quux"]) == 2
    assert "open, segment" in capsys.readouterr().err
