"""`groundglass doctor` as it is read by a person and by a program."""

from __future__ import annotations

import json

import pytest

from engine.cli import checkup, doctor
from engine.cli.checkup import Finding

GOOD = Finding("memory", "good", "16 GB")
NOTE = Finding("OpenGL", "note", "no 3-D pane", "Install libegl1.")
BAD = Finding("weights", "problem", "none", "Set it up.")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the examination will find; a test adds to it."""
    findings = [GOOD]
    monkeypatch.setattr(checkup, "examine", lambda: tuple(findings))
    return findings


def test_a_note_does_not_make_it_fail(found: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(NOTE)
    assert doctor.main([]) == 0
    text = capsys.readouterr().out
    assert "Install libegl1." in text
    assert text.splitlines()[-1] == "Everything needed is there."


def test_a_problem_is_3_and_comes_with_its_act(found: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(BAD)
    assert doctor.main([]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("MISSING") and "weights" in line for line in lines)
    assert any(line.endswith("→ Set it up.") for line in lines)


def test_a_program_reads_json(found: list[Finding], capsys: pytest.CaptureFixture[str]) -> None:
    found += [NOTE, BAD]
    assert doctor.main(["--json"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["findings"][1] == {
        "topic": "OpenGL",
        "state": "note",
        "text": "no 3-D pane",
        "fix": "Install libegl1.",
    }
    assert "weights" in report["verdict"]
