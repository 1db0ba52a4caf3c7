"""What is said of a table's figures."""

import math
from dataclasses import replace

import numpy as np

from engine.reproduce.claims import Row, Table
from engine.reproduce.run import Scored
from engine.reproduce.verdict import as_csv, as_markdown, lines, verdict

TABLE = Table(
    "A against B",
    "A paper, table 9",
    "cpu",
    "Its protocol.",
    "Its weakness.",
    (Row("Base", "unet2d", {"dice": 0.5}), Row("Own", "au_net", {"dice": 0.75, "accuracy": 0.99})),
)


def _scored(row, by, dice):
    return Scored(row, by, {"dice": dice, "accuracy": [0.9] * len(dice)}, 100, 2.0, 8)


BASE = [0.4, 0.5, 0.6, 0.5, 0.45, 0.55]


def test_paper_and_ours_stand_side_by_side_with_interval_and_n():
    scored = [_scored(row, by, BASE) for by in ("slice", "patient") for row in ("Base", "Own")]
    text = as_markdown(TABLE, scored)
    assert "| 0.75 | 0.500 (" in text
    assert "n = 6" in text
    assert "Its weakness." in text
    assert "Trained for 100 updates a row" in text
    assert "shortened" not in text.lower()
    record = next(r for r in lines(TABLE, scored) if (r["row"], r["measure"], r["by"]) == ("Own", "dice", "patient"))
    assert record["paper"] == 0.75
    assert math.isclose(record["ours"], 0.5)
    assert as_csv(TABLE, scored).count("\n") == 1 + 8


def test_it_says_who_wins_only_where_the_interval_allows():
    better = [value + 0.2 for value in BASE]
    rng = np.random.default_rng(0)
    same = [value + float(d) for value, d in zip(BASE, rng.normal(0, 0.1, 6), strict=True)]
    for own, said in ((better, "Own beats Base"), (same, "not told apart"), ([0.1] * 6, "is beaten by")):
        scored = [_scored("Base", "patient", BASE), _scored("Own", "patient", own)]
        assert said in verdict(TABLE, scored, "patient")


def test_a_case_with_nothing_to_measure_does_not_count():
    scored = [_scored("Base", "patient", [*BASE, math.nan]), _scored("Own", "patient", [*BASE, math.nan])]
    assert all(r["n"] == 6 for r in lines(TABLE, scored) if r["measure"] == "dice")


def test_a_shortened_table_says_so_before_its_figures_in_its_heads_and_in_every_record():
    short = "shortened: 100 updates in place of 2,000; not comparable with the paper's figures"
    scored = [replace(_scored(row, "patient", BASE), shortened=short) for row in ("Base", "Own")]
    text = as_markdown(TABLE, scored)
    assert text.index(f"**S{short[1:]}.**") < text.index("| Base |")
    assert "ours, shortened, by patient" in text
    assert all(record["shortened"] == short for record in lines(TABLE, scored))
    assert as_csv(TABLE, scored).count("not comparable") == 4


def test_cases_of_unknown_patients_are_not_called_divided_by_patient():
    scored = [replace(_scored(row, "patient", BASE), apart="neighbouring names") for row in ("Base", "Own")]
    text = as_markdown(TABLE, scored)
    assert "ours, by names" in text
    assert "may stand on both sides" in text
    assert "by patient" not in text
