"""A reproduced table as people read it: the paper's figure, ours by slice and by patient, and what follows."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from engine.evaluate.summary import compare, summarise
from engine.reproduce.claims import Table
from engine.reproduce.run import Scored

_BY = {"slice": "ours, by slice", "patient": "ours, by patient"}


def lines(table: Table, scored: list[Scored]) -> list[dict[str, Any]]:
    """Return one plain record per row, measure and split: the paper's value, ours, interval and n."""
    told = {row.name: row.paper for row in table.rows}
    records: list[dict[str, Any]] = []
    for entry in scored:
        for measure in table.measures:
            ours = summarise(entry.cases.get(measure, []))
            records.append(
                {
                    "row": entry.row,
                    "measure": measure,
                    "by": entry.by,
                    "paper": told[entry.row].get(measure),
                    "ours": _number(ours.mean),
                    "low": _number(ours.low),
                    "high": _number(ours.high),
                    "n": ours.n,
                    "steps": entry.steps,
                    "minutes": entry.minutes,
                }
            )
    return records


def as_csv(table: Table, scored: list[Scored]) -> str:
    """Return the records as CSV."""
    records = lines(table, scored)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def as_markdown(table: Table, scored: list[Scored]) -> str:
    """Return the table with its protocol, its weakness and the verdict."""
    splits = [by for by in ("slice", "patient") if any(entry.by == by for entry in scored)]
    head = ["", *(m for m in table.measures for _ in range(1 + len(splits)))]
    under = ["", *(text for _ in table.measures for text in ("paper", *(_BY[by] for by in splits)))]
    body: list[list[str]] = []
    for row in table.rows:
        cells = [row.name]
        for measure in table.measures:
            cells.append(_cell(row.paper.get(measure)))
            for by in splits:
                entry = next((s for s in scored if (s.row, s.by) == (row.name, by)), None)
                cells.append(_ours(entry, measure))
        body.append(cells)
    rows = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), under, *body)]
    text = [f"## {table.title}", "", f"*{table.paper}.* {table.protocol}", "", *rows, ""]
    text += [f"The paper's figures: {table.weakness}", "", _size(scored), ""]
    text += [verdict(table, scored, by) for by in splits]
    return "\n".join(text) + "\n"


def verdict(table: Table, scored: list[Scored], by: str) -> str:
    """Return one sentence: whether the paper's network beats its best baseline on the same cases."""
    of_split = {entry.row: entry for entry in scored if entry.by == by}
    own = table.rows[-1].name
    others = [row.name for row in table.rows[:-1] if row.augment == table.rows[-1].augment and row.name in of_split]
    if own not in of_split or not others:
        return ""
    best = max(others, key=lambda name: _mean_dice(of_split[name]))
    apart = compare(of_split[own].cases["dice"], of_split[best].cases["dice"])
    if not apart.n:
        return f"Divided by {by}: nothing could be measured."
    said = "is not told apart from"
    if apart.low > 0:
        said = "beats"
    elif apart.high < 0:
        said = "is beaten by"
    return (
        f"Divided by {by}: {own} {said} {best}: Dice {apart.mean:+.3f} "
        f"({apart.low:+.3f} to {apart.high:+.3f}, n = {apart.n})."
    )


def _mean_dice(entry: Scored) -> float:
    mean = summarise(entry.cases["dice"]).mean
    return -1.0 if math.isnan(mean) else mean


def _size(scored: list[Scored]) -> str:
    steps, minutes = [s.steps for s in scored], [s.minutes for s in scored]
    return (
        f"Trained for {min(steps)} to {max(steps)} updates a row, {min(minutes):.0f} to {max(minutes):.0f} minutes; "
        "the last weights, nothing chosen on the cases kept aside. Intervals are 95 % bootstraps over cases."
    )


def _ours(entry: Scored | None, measure: str) -> str:
    if entry is None:
        return "–"
    found = summarise(entry.cases.get(measure, []))
    return "–" if not found.n else f"{found.mean:.3f} ({found.low:.3f}–{found.high:.3f}, n = {found.n})"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
