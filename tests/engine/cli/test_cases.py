"""`groundglass cases`: what is kept here, and letting one go."""

from __future__ import annotations

import json

import pytest

from engine.case.journal import Journal
from engine.case.shelf import note_export, state_of
from engine.cli.main import main
from engine.cli.saved import cases_folder
from tests.engine.case.test_shelf import stroke
from tests.support.cases import a_case


@pytest.fixture
def two() -> tuple[str, str]:
    """Folders of two closed cases: one exported, one not."""
    places: list[str] = []
    for uid, export in (("a1", True), ("a2", False)):
        case = a_case(uid_hash=uid)
        journal = Journal.open(cases_folder(), case)
        stroke(case, 3)
        if export:
            note_export(journal.place, state_of(case))
        journal.close()
        places.append(journal.place.name)
    return places[0], places[1]


def test_a_table_names_each_and_json_tells_the_same(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "state", "exported", "steps", "changed", "MiB", "folder"]
    assert {line.split()[-1] for line in lines[1:]} == set(two)
    assert main(["cases", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {row["folder"].rsplit("/", 1)[-1]: row for row in told["cases"]}
    assert (rows[two[0]]["exported"], rows[two[1]]["exported"]) == (True, False)
    assert {row["state"] for row in rows.values()} == {"closed"}
    assert told["bytes"] == sum(row["bytes"] for row in told["cases"]) > 0


def test_none_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["cases", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cases"] == []


def test_what_was_not_exported_is_removed_only_on_that_word(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    exported, alone = two
    assert main(["cases", "--remove", alone]) == 2
    assert "1 step of work" in capsys.readouterr().err
    assert main(["cases", "--remove", exported, alone]) == 2  # none of them, not only the first
    assert {p.name for p in cases_folder().iterdir()} == set(two)
    assert main(["cases", "--remove", exported]) == 0
    assert main(["cases", "--remove", alone, "--not-exported", "--json"]) == 0
    assert list(cases_folder().iterdir()) == []


def test_an_open_case_is_not_removed(capsys: pytest.CaptureFixture[str]) -> None:
    case = a_case()
    journal = Journal.open(cases_folder(), case)
    stroke(case, 3)
    journal.flush()
    assert main(["cases", "--remove", journal.place.name, "--not-exported"]) == 2
    assert "open in a window" in capsys.readouterr().err
    journal.close()


def test_an_export_in_the_terminal_counts(two: tuple[str, str], tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", two[1], "-o", str(tmp_path / "f.csv")]) == 0
    assert main(["cases", "--remove", two[1]]) == 2  # figures are not the work
    assert main(["export", two[1], "-o", str(tmp_path / "m.nii.gz")]) == 0
    assert main(["cases", "--remove", two[1]]) == 0
