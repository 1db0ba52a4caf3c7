"""What a person types and reads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from installer import __main__ as entry
from installer import commands, environment
from installer.problem import Problem
from tests.house.tree import ROOT


def test_alone_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run([]) == 0
    text = capsys.readouterr().out
    for word in ("demo", "setup", "test", "--torch-wheels", "delete the folder .venv"):
        assert word in text


def test_it_runs_on_the_standard_library_alone() -> None:
    code = (
        "import sys\nfrom installer import commands, lock\n"
        "own = {n.partition('.')[0] for n in sys.modules} - set(sys.stdlib_module_names) - {'installer', '__main__'}\n"
        "print(sorted(n for n in own if not n.startswith('_')))"
    )
    out = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert out.stdout.strip() == "[]", out.stderr


def test_an_old_python_is_told_which_one_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry.sys, "version_info", (3, 9, 2, "final", 0))
    assert entry.main(["demo"]) == 2
    assert "This Python is 3.9; groundglass needs 3.11" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["dance"], ["setup", "--torch", "rocm"], ["setup", "--what"]])
def test_wrong_use_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        commands.run(words)
    assert caught.value.code == 2


def test_a_problem_is_three_lines_and_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise Problem("No room.", "1 GB free.", "Make room.")

    monkeypatch.setattr(environment, "make", fail)
    assert commands.run(["setup"]) == 3
    assert capsys.readouterr().err.splitlines() == ["No room.", "1 GB free.", "Make room."]


def test_ctrl_c_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "make", stop)
    assert commands.run(["setup"]) == 130
    assert "goes on from here" in capsys.readouterr().err


def test_the_first_line_comes_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(environment, "make", lambda *_: seen.append(capsys.readouterr().out))
    assert commands.run(["setup"]) == 0
    assert seen[0].startswith("groundglass")


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal, ci, asked in ((True, "", True), (True, "true", False), (False, "", False)):
        monkeypatch.setattr(commands.sys, "stdin", type("In", (), {"isatty": lambda _, t=terminal: t})())
        monkeypatch.setattr(commands.sys, "stdout", type("Out", (), {"isatty": lambda _: True})())
        monkeypatch.setenv("CI", ci)
        assert commands.parse(["setup"])[1].may_ask is asked


def test_words_after_test_go_to_pytest() -> None:
    _, wishes, rest = commands.parse(["test", "--torch", "cpu", "-k", "brush", "-x"])
    assert (wishes.tests, wishes.torch, rest) == (True, "cpu", ["-k", "brush", "-x"])
