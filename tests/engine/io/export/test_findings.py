"""Figures on paper: numbers with a point, text in UTF-8, nothing replaced unasked."""

from __future__ import annotations

import csv
import json
import locale
from pathlib import Path

import numpy as np
import pytest

from engine.case.findings import measure
from engine.case.labelset import default_labelset
from engine.core.errors import InputError, ResourceError
from engine.io.export.findings import COLUMNS, write_csv, write_json
from tests.support.grids import oblique_grid


@pytest.fixture
def findings():
    labels = np.random.default_rng(0).integers(0, 6, (6, 9, 7)).astype(np.uint8)
    return measure(labels, oblique_grid((6, 9, 7)), default_labelset())


def rows_of(path, encoding="utf-8"):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_a_comma_country_gets_points_all_the_same(tmp_path, findings):
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8"):
            try:
                locale.setlocale(locale.LC_NUMERIC, name)
            except locale.Error:
                continue
        rows = rows_of(write_csv(tmp_path / "f.csv", {"a": findings}))
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    for row, line in zip(rows, findings.labels, strict=True):
        assert float(row["ml"]) == pytest.approx(line.ml, abs=1e-4)
        assert "," not in row["ml"]
        assert row["lesions"] == ("" if line.lesions is None else str(line.lesions))


def test_several_cases_and_their_warnings_are_rows(tmp_path, findings):
    path = write_csv(
        tmp_path / "f.csv", {"肺 1": findings, "b": findings}, warnings={"b": ("Thick, slices.",)}, bom=True
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = rows_of(path, "utf-8-sig")
    assert list(rows[0]) == list(COLUMNS)
    assert [r["case"] for r in rows] == ["肺 1"] * 5 + ["b"] * 5
    assert rows[5]["warnings"] == "Thick, slices."
    zone = next(z for z in findings.zones if (z.side, z.third) == ("left", "lower"))
    assert float(rows[0]["zone_left_lower"]) == pytest.approx(zone.percent, abs=1e-3)


def test_a_name_is_no_formula(tmp_path):
    labelset = default_labelset().changing(3, name="=1+1")
    found = measure(np.zeros((2, 3, 4), np.uint8), oblique_grid((2, 3, 4)), labelset)
    assert rows_of(write_csv(tmp_path / "f.csv", {"a": found}))[2]["label"] == "'=1+1"


def test_json_holds_figures_and_definitions(tmp_path, findings):
    path = write_json(tmp_path / "f.json", findings, extra={"source": "x"})
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["source"] == "x"
    assert data["severity"]["of"] == 24
    assert data["lung_ml"] == pytest.approx(findings.lung_ml, abs=1e-4)


@pytest.mark.parametrize("write", [lambda p, f, **k: write_csv(p, {"a": f}, **k), write_json])
def test_existing_files_and_full_disks(tmp_path, findings, monkeypatch, write):
    path = tmp_path / "f"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write(path, findings)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1, "total": 1 << 40})())
    with pytest.raises(ResourceError, match="full"):
        write(path, findings, overwrite=True)
    assert path.read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_table_that_comes_back_otherwise_is_not_called_written(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "read_bytes", lambda _path: b"lost")
    with pytest.raises(ResourceError, match="gave something else"):
        write_csv(tmp_path / "f.csv", {})
    assert not list(tmp_path.iterdir())
