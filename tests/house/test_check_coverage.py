"""The gate on coverage: per package, exact at 100 %, and never passed by measuring nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.house import check_coverage
from tests.house.tree import ROOT


def file(covered: int, there: int, branches: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    summary = {"covered_lines": covered, "num_statements": there}
    summary |= {"covered_branches": branches[0], "num_branches": branches[1]}
    return {"summary": summary, "missing_lines": list(range(there - covered)), "missing_branches": []}


FILES = {
    "engine/case/a.py": file(60, 60, (10, 10)),
    "engine/io/b.py": file(20, 30),
    "engine_of_others/c.py": file(0, 900),
    "app/main.py": file(9, 10),
}


def test_lines_and_branches_of_a_package_are_added_up() -> None:
    assert check_coverage.reached(FILES, "engine") == (90, 100)
    assert check_coverage.reached(FILES, "engine/case") == (70, 70)


@pytest.mark.parametrize(
    ("wanted", "good"),
    [
        ({"engine": 90, "app": 90, "engine/case": 100}, True),
        ({"engine": 90.1}, False),
        ({"engine/io": 100}, False),
        ({"engine/gone": 0}, False),
    ],
)
def test_a_package_that_falls_short_fails_the_gate(wanted: dict[str, float], good: bool) -> None:
    lines, passed = check_coverage.check(FILES, wanted)
    assert passed is good
    assert any("TOO LITTLE" in line for line in lines) is not good


def test_what_is_missing_is_named_with_its_lines() -> None:
    lines, _ = check_coverage.check(FILES, {"engine/io": 100})
    assert any("engine/io/b.py" in line and "0, 1, 2" in line for line in lines)


def test_the_table_is_read_from_the_file_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "coverage.json").write_text(json.dumps({"files": FILES}))
    monkeypatch.setattr(check_coverage, "gates", lambda: {"app": 80.0})
    assert check_coverage.main([str(tmp_path / "coverage.json")]) == 0
    assert "90.00 %" in capsys.readouterr().out


def test_the_gates_are_those_of_the_house_and_the_gate_script_asks_for_them() -> None:
    gates = check_coverage.gates()
    assert gates["engine"] >= 92
    assert gates["app"] >= 80
    assert {gates[f"engine/{room}"] for room in ("geometry", "case", "edit")} == {100}
    assert "check_coverage.py" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
