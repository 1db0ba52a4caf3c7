"""A reproduced table as one page that needs no program."""

from __future__ import annotations

from html import escape

from engine.evaluate.page import STYLE
from engine.reproduce import verdict
from engine.reproduce.claims import Table
from engine.reproduce.run import Scored

_LOUD = ".loud{border-left:4px solid #b45309;background:#fdf4e3;padding:.6rem 1rem;font-weight:600}"


def page(table: Table, scored: list[Scored]) -> str:
    """Return the table, its protocol, its weakness and the verdict as HTML; a shortened one says so above all."""
    head, under, *body = verdict.cells(table, scored)
    loud = verdict.shortening(scored)
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(table.title)}</title>',
        f"<style>{STYLE}{_LOUD}</style></head><body>",
        f"<h1>{escape(table.title)}</h1>",
        f'<p class="loud">{escape(loud)}</p>' if loud else "",
        f'<p class="muted"><em>{escape(table.paper)}.</em> {escape(table.protocol)}</p>',
        "<table>",
        *(_line(cells, "th") for cells in (head, under)),
        *(_line(cells, "td") for cells in body),
        "</table>",
        *(f"<p>{escape(text)}</p>" for text in verdict.remarks(table, scored)),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _line(cells: list[str], kind: str) -> str:
    return "<tr>" + "".join(f"<{kind}>{escape(text)}</{kind}>" for text in cells) + "</tr>"
