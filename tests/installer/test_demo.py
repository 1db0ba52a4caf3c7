"""The demonstration: what is made, in which order, and what is said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from installer import demo, system
from installer.places import Places
from installer.problem import Problem
from tests.house.tree import ROOT


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
