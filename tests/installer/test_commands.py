"""What a person types and reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from installer import __main__ as entry
from installer import commands, demo, environment, system
from installer.places import Places, here
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


class Calls:
    """Stands for the program: writes what the real one would write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> None:
        self.made: list[str] = []
        self.code = code
        monkeypatch.setattr(demo.subprocess, "run", self)

    def __call__(self, words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        verb = words[1] + (" picture" if "--screenshot" in words else "")
        self.made.append(verb)
        if self.code:
            return subprocess.CompletedProcess(words, self.code)
        for flag in ("-o", "--screenshot"):
            if flag in words:
                path = Path(words[words.index(flag) + 1])
                path.touch()
                demo.findings(path).touch()
        return subprocess.CompletedProcess(words, 0)


def test_the_demonstration_without_a_display_writes_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "has_display", lambda: False)
    calls, said = Calls(monkeypatch), list[str]()
    assert demo.run(Places(ROOT), tmp_path / "out", said.append) == 0
    assert calls.made == ["sample", "segment", "open picture"]
    for name in ("mask.nii.gz", "mask.json", "window.png"):
        assert any(line.endswith(str(tmp_path / "out" / name)) for line in said)


def test_the_demonstration_with_a_display_ends_with_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "has_display", lambda: True)
    calls = Calls(monkeypatch)
    assert demo.run(Places(ROOT), tmp_path, print) == 0
    assert calls.made == ["sample", "segment", "open"]
    assert demo.run(Places(ROOT), tmp_path, print) == 0
    assert calls.made[3:] == ["open"], "study and mask are made once"


def test_a_failing_step_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Calls(monkeypatch, code=4)
    with pytest.raises(Problem, match="ended with 4"):
        demo.run(Places(ROOT), tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_places_are_those_of_this_checkout() -> None:
    places = here()
    assert places.root == ROOT
    assert places.lock("runtime").exists()
    assert places.shown(places.command).startswith(".venv")
