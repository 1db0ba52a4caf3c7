"""An evaluation as one page that needs no program: tables, agreement of volumes, the worst cases as pictures."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from engine.core.words import counted
from engine.evaluate.measures import COLUMNS, Measured
from engine.evaluate.pictures import LEGEND
from engine.evaluate.run import Evaluation
from engine.evaluate.summary import agreement, summarise

_SHOWN = ("dice", "sensitivity", "precision", "hd95_mm", "surface_dice", "volume_error_ml", "lesion_sensitivity")
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1.5rem;color:#1c1f23}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p.muted,figcaption{color:#5a6470}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.25rem .9rem .25rem 0;text-align:right}
td:first-child,th:first-child,td:nth-child(2){text-align:left}th{border-bottom:1px solid #c9ced4;font-weight:600}
figure{display:inline-block;margin:0 1.2rem 1.2rem 0}svg{background:#f6f7f8;border-radius:4px}
"""


@dataclass(frozen=True)
class Worst:
    """A picture of the page.

    Args:
        title: Which case and label, and how bad.
        png: The file.
    """

    title: str
    png: bytes


def page(evaluation: Evaluation, numbers: Mapping[str, Any], worst: Sequence[Worst]) -> str:
    """Return the page as HTML.

    Args:
        evaluation: What was measured.
        numbers: Of :func:`engine.evaluate.tables.summary`.
        worst: Pictures of the cases with the lowest Dice.
    """
    protocol = "; ".join(f"{k.replace('_', ' ')}: {v}" for k, v in numbers["protocol"].items())
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(evaluation.model_id)}</title>',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{escape(evaluation.model_id)}</h1>",
        f'<p class="muted">{counted(len(evaluation.cases), "case")}. {escape(protocol)}.</p>',
        "<h2>Mean over cases, with its 95 % interval</h2>",
        _means(evaluation),
        _difference(numbers),
        "<h2>Volumes: found less drawn, against their mean</h2>",
        *(_bland_altman(evaluation, label) for label in evaluation.labels),
        "<h2>Cases</h2>",
        _cases(evaluation.rows),
        _failed(evaluation),
        "<h2>Where it is most wrong</h2>" if worst else "",
        f'<p class="muted">{escape(LEGEND)}</p>' if worst else "",
        *(_figure(w) for w in worst),
        "<p><strong>Not for diagnosis.</strong></p></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _means(evaluation: Evaluation) -> str:
    head = "".join(f"<th>{escape(COLUMNS[key])}</th>" for key in _SHOWN)
    rows = ""
    for label in evaluation.labels:
        cells = ""
        for key in _SHOWN:
            s = summarise(list(evaluation.values(label, key).values()))
            between = f"<br><small>{_number(s.low)} to {_number(s.high)}, median {_number(s.median)}</small>"
            between = between if s.n > 1 else ""
            cells += f"<td>{_number(s.mean)}{between}</td>"
        n = summarise(list(evaluation.values(label, "dice").values())).n
        rows += f"<tr><td>{escape(_name(label))}</td><td>{n}</td>{cells}</tr>"
    return f"<table><tr><th>label</th><th>n</th>{head}</tr>{rows}</table>"


def _difference(numbers: Mapping[str, Any]) -> str:
    against = numbers.get("against")
    if not against:
        return ""
    rows = ""
    for label, measures in against["difference"].items():
        d = measures["dice"]
        if not d["n"]:
            continue
        p = "" if d["p"] is None else f"{d['p']:.3g}"
        rows += (
            f"<tr><td>{escape(_name(label))}</td><td>{d['n']}</td><td>{_number(d['mean'])}</td>"
            f"<td>{_number(d['low'])} to {_number(d['high'])}</td><td>{p}</td></tr>"
        )
    head = "<tr><th>label</th><th>n</th><th>mean</th><th>95 % interval</th><th>Wilcoxon p</th></tr>"
    return f"<h2>Dice, less that of {escape(against['model'])}</h2><table>{head}{rows}</table>"


def _cases(rows: Sequence[Measured]) -> str:
    head = "".join(f"<th>{escape(COLUMNS[key])}</th>" for key in _SHOWN)
    body = "".join(
        f"<tr><td>{escape(row.case)}</td><td>{escape(_name(row.label))}</td>"
        + "".join(f"<td>{_number(row.values[key])}</td>" for key in _SHOWN)
        + "</tr>"
        for row in sorted(rows, key=lambda r: (r.label, r.case))
    )
    return f"<table><tr><th>case</th><th>label</th>{head}</tr>{body}</table>"


def _failed(evaluation: Evaluation) -> str:
    if not evaluation.failed:
        return ""
    lines = "".join(f"<li>{escape(case)}: {escape(why)}</li>" for case, why in evaluation.failed.items())
    return f"<h2>Could not be measured</h2><ul>{lines}</ul>"


def _figure(worst: Worst) -> str:
    data = base64.b64encode(worst.png).decode("ascii")
    title = escape(worst.title)
    return f'<figure><img alt="{title}" src="data:image/png;base64,{data}"><figcaption>{title}</figcaption></figure>'


def _bland_altman(evaluation: Evaluation, label: str, size: tuple[int, int] = (420, 240)) -> str:
    """Return the plot of Bland and Altman: differences over means, with bias and limits of agreement."""
    found, true = (list(evaluation.values(label, key).values()) for key in ("found_ml", "truth_ml"))
    if len(found) < 2:
        return ""
    limits = agreement(found, true)
    means = [(a + b) / 2 for a, b in zip(found, true, strict=True)]
    apart = [a - b for a, b in zip(found, true, strict=True)]
    width, height = size
    left, right = min(means), max(means)
    low, high = min(*apart, limits.low), max(*apart, limits.high)

    def x(value: float) -> float:
        return 50 + (width - 70) * (value - left) / ((right - left) or 1)

    def y(value: float) -> float:
        return height - 40 - (height - 60) * (value - low) / ((high - low) or 1)

    lines = "".join(
        f'<line x1="50" x2="{width - 20}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#5a6470" {dash}/>'
        f'<text x="4" y="{y(v) + 4:.1f}" font-size="11">{_number(v)}</text>'
        for v, dash in ((limits.bias, ""), (limits.low, 'stroke-dasharray="4"'), (limits.high, 'stroke-dasharray="4"'))
    )
    dots = "".join(
        f'<circle cx="{x(m):.1f}" cy="{y(d):.1f}" r="3.5" fill="#0072b2" fill-opacity="0.75"/>'
        for m, d in zip(means, apart, strict=True)
    )
    ends = (
        f'<text x="50" y="{height - 18}" font-size="11">{_number(left)} ml</text>'
        f'<text x="{width - 20}" y="{height - 18}" font-size="11" text-anchor="end">{_number(right)} ml</text>'
    )
    title = f"{_name(label)}: bias {_number(limits.bias)} ml, limits {_number(limits.low)} to {_number(limits.high)} ml"
    return (
        f'<figure><svg width="{width}" height="{height}" role="img" aria-label="{escape(title)}">{lines}{dots}{ends}'
        f"</svg><figcaption>{escape(title)}, n = {limits.n}</figcaption></figure>"
    )


def _name(label: str) -> str:
    return label.replace("_", " ")


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    digits = 3 if abs(value) < 1.0005 else 1
    return f"{value:.{digits}f}".replace("-", "−")
