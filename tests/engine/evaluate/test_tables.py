"""CSV and JSON say what was measured, and nothing where there is nothing."""

from __future__ import annotations

import csv
import io
import json

import pytest

from engine.evaluate.measures import COLUMNS
from engine.evaluate.tables import cases_csv, summary
from tests.support.evaluation import evaluation


def test_the_csv_has_a_row_per_case_and_label() -> None:
    one = evaluation("m")
    rows = list(csv.DictReader(io.StringIO(cases_csv(one))))
    assert [(r["case"], r["label"]) for r in rows] == [(r.case, r.label) for r in one.rows]
    assert set(rows[0]) == {"case", "label", *COLUMNS}
    assert float(rows[0]["dice"]) == pytest.approx(one.rows[0].values["dice"], abs=1e-5)
    assert rows[1]["dice"] == ""


def test_the_summary_is_plain_json_with_its_protocol() -> None:
    told = json.loads(json.dumps(summary(evaluation("m")), allow_nan=False))
    lung = told["labels"]["lung"]
    assert lung["measures"]["dice"]["n"] == 3
    hits, both = 2 * (6 * 8 + 7 * 7 + 8 * 6), 2 * (6 + 7 + 8) * 8
    assert lung["pooled_dice"] == pytest.approx(2 * hits / (2 * both))
    assert told["labels"]["effusion"]["measures"]["dice"] == {
        "mean": None, "median": None, "low": None, "high": None, "n": 0, "without": 3,
    }  # fmt: skip
    assert "bootstrap" in told["protocol"]["interval"]


def test_two_models_are_told_apart_case_by_case() -> None:
    better, worse = evaluation("better"), evaluation("worse", shift=2)
    told = summary(better, worse)["against"]
    assert told["model"] == "worse"
    assert told["difference"]["lung"]["dice"]["mean"] > 0
    assert told["difference"]["lung"]["dice"]["n"] == 3
    assert told["difference"]["effusion"]["dice"]["n"] == 0
