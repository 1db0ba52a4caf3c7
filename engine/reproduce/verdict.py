"""A reproduced table as people read it: the paper's figure, ours by slice and by patient, and what follows."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from engine.evaluate.summary import compare, summarise
from engine.reproduce.claims import Table
from engine.reproduce.run import Scored

_UNKNOWN = (
    "Whose cases these are is not known (there is no patients.csv): neighbouring names were kept together, and a "
    "patient may stand on both sides."
)


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
                    "apart": entry.apart,
                    "shortened": entry.shortened,
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
    """Return the table with its protocol, its weakness and the verdict; first of all, whether it was shortened."""
    head, under, *body = cells(table, scored)
    rows = ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), under, *body)]
    text = [f"## {table.title}", ""]
    if loud := shortening(scored):
        text += [f"**{loud}**", ""]
    text += [f"*{table.paper}.* {table.protocol}", "", *rows, ""]
    return "\n".join([*text, "\n\n".join(remarks(table, scored))]) + "\n"


def cells(table: Table, scored: list[Scored]) -> list[list[str]]:
    """Return the table's lines: the measures, whose figures, then one line a row."""
    splits = _splits(scored)
    lines = [["", *(m for m in table.measures for _ in range(1 + len(splits)))]]
    lines.append(["", *(text for _ in table.measures for text in ("paper", *(_ours_by(scored, by) for by in splits)))])
    for row in table.rows:
        line = [row.name]
        for measure in table.measures:
            line.append(_cell(row.paper.get(measure)))
            for by in splits:
                entry = next((s for s in scored if (s.row, s.by) == (row.name, by)), None)
                line.append(_ours(entry, measure))
        lines.append(line)
    return lines


def shortening(scored: list[Scored]) -> str:
    """Return in what the table is smaller than the paper's as a sentence; empty if in nothing."""
    short = next((entry.shortened for entry in scored if entry.shortened), "")
    return f"{short[0].upper()}{short[1:]}." if short else ""


def remarks(table: Table, scored: list[Scored]) -> list[str]:
    """Return what has to be known beside the figures, the verdicts last."""
    text = [f"The paper's figures: {table.weakness}", _size(scored)]
    if any(entry.apart == "neighbouring names" for entry in scored):
        text.append(_UNKNOWN)
    said = " ".join(filter(None, (verdict(table, scored, by) for by in _splits(scored))))
    return [*text, said] if said else text


def _splits(scored: list[Scored]) -> list[str]:
    return [by for by in ("slice", "patient") if any(entry.by == by for entry in scored)]


def _ours_by(scored: list[Scored], by: str) -> str:
    ours = "ours, shortened" if any(entry.shortened for entry in scored) else "ours"
    return f"{ours}, by {_apart(scored, by)}"


def _apart(scored: list[Scored], by: str) -> str:
    """Return what kept the cases of a split apart, in the words of the table."""
    named = any(entry.by == by and entry.apart == "neighbouring names" for entry in scored)
    return "names" if named else by


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
        return f"Divided by {_apart(scored, by)}: nothing could be measured."
    said = "is not told apart from"
    if apart.low > 0:
        said = "beats"
    elif apart.high < 0:
        said = "is beaten by"
    return (
        f"Divided by {_apart(scored, by)}: {own} {said} {best}: Dice {apart.mean:+.3f} "
        f"({apart.low:+.3f} to {apart.high:+.3f}, n = {apart.n})."
    )


def _mean_dice(entry: Scored) -> float:
    mean = summarise(entry.cases["dice"]).mean
    return -1.0 if math.isnan(mean) else mean


def _size(scored: list[Scored]) -> str:
    steps, minutes = [s.steps for s in scored], [s.minutes for s in scored]
    return (
        f"Trained for {_range(steps, ',')} updates a row, {_range(minutes, '.2g')} minutes; "
        "the last weights, nothing chosen on the cases kept aside. Intervals are 95 % bootstraps over cases; each row "
        "is one training, and how far another seed lies from it they do not show."
    )


def _range(values: Sequence[float], form: str) -> str:
    low, high = (format(end, form) for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _ours(entry: Scored | None, measure: str) -> str:
    if entry is None:
        return "–"
    found = summarise(entry.cases.get(measure, []))
    return "–" if not found.n else f"{found.mean:.3f} ({found.low:.3f}–{found.high:.3f}, n = {found.n})"


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
