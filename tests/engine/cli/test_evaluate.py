"""`groundglass evaluate` from folders of cases to tables, page and exit code."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.support.evaluation import write_cases
from tests.support.models import tiny_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    first, second = (str(tiny_model(folder / f"m{seed}.safetensors", seed=seed).path) for seed in (0, 1))
    return first, second


def test_tables_page_and_comparison_are_written(
    models: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases, out = write_cases(tmp_path / "cases"), tmp_path / "out"
    words = ["evaluate", "--model", models[0], "--against", models[1], "--data", str(cases), "-o", str(out), "--json"]
    assert main([*words, "--device", "cpu", "--pictures", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert told["against"]["difference"]["lung"]["dice"]["n"] == 2
    for name in ("cases.csv", "cases-against.csv"):
        rows = list(csv.DictReader((out / name).read_text(encoding="utf-8").splitlines()))
        assert {(r["case"], r["label"]) for r in rows} == {(c, k) for c in "ab" for k in ("lung", "infection")}
    assert (out / "report.html").read_text(encoding="utf-8").count("data:image/png") == 1
    (picture,) = (out / "worst").iterdir()
    lines = (out / "cases.csv").read_text(encoding="utf-8").splitlines()
    dice = {(r["case"], r["label"]): float(r["dice"]) for r in csv.DictReader(lines)}
    case, label = min(dice, key=lambda place: dice[place])
    assert picture.name == f"1-{case}-{label}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_case_that_fails_gives_1_and_is_named(
    models: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = write_cases(tmp_path / "cases")
    (cases / "a" / "ct.nii.gz").write_bytes(b"nothing")
    (cases / "empty").mkdir()
    (cases / "notes.txt").write_text("mine")
    words = ["evaluate", "--model", models[0], "--data", str(cases), "-o", str(tmp_path / "out"), "--device", "cpu"]
    assert main(words) == 1
    told = capsys.readouterr()
    assert "n = 1" in told.out
    assert told.err.rstrip().splitlines()[-1].startswith("a: ")
    assert [name in told.err for name in ("“empty” was left out", "“notes.txt” was left out", "“b” was")] == [1, 1, 0]
    assert ", 1 case\n" in told.out


def test_no_cases_is_wrong_use(models: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--model", models[0], "--data", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "no labelled case" in capsys.readouterr().err
