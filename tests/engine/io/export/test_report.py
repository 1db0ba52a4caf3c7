"""The one-page report: figures, pictures, no patient, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from engine.case.findings import measure
from engine.case.labelset import default_labelset
from engine.core.errors import InputError
from engine.io.export.handover import Handover
from engine.io.export.report import report, write_report
from tests.engine.io.export.test_pictures import GRID, LABELS, SHAPE, chest


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def handed(**more: object) -> Handover:
    return replace(Handover("CT 12 slices 2.5 mm", chest(), GRID, LABELS, ("net-1", "you")), **more)


def test_it_tells_the_figures_of_the_case(tmp_path: Path) -> None:
    what = handed(warnings=("Two slices were missing.",), version="1.2")
    hu = np.full(SHAPE, -850, np.int16)
    findings = measure(what.labels, what.grid, what.labelset, hu)
    path = write_report(tmp_path / "r.html", what, findings, hu=hu)
    page = Page(path.read_text(encoding="utf-8"))
    words = " ".join(page.words)
    assert f"{findings.involved_percent:.1f} %" in words
    assert f"{findings.severity} of 24" in words
    assert "−850" in words
    for label in findings.labels:
        assert label.name in words
    assert all(f"{z.percent:.1f} % ({z.score})" in words for z in findings.zones)
    assert "Labels by net-1, you." in words
    assert "Made with groundglass 1.2." in words
    assert "Two slices were missing." in words
    assert "No diagnosis" in words
    assert page.tags.count("img") == 4


def test_it_loads_nothing_runs_nothing_and_holds_its_pictures() -> None:
    what = handed()
    text = report(what, measure(what.labels, GRID, LABELS), (), with_ct=False)
    assert "script" not in Page(text).tags
    text = write_text(what)
    page = Page(text)
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert base64.b64decode(page.links[0].split(",")[1])[:4] == b"\x89PNG"
    assert "default-src 'none'" in text
    assert not re.search(r"https?://", text)


def write_text(what: Handover) -> str:
    from engine.io.export.pictures import pictures_of

    pictures = pictures_of(what.labels, what.grid, what.labelset)
    return report(what, measure(what.labels, what.grid, what.labelset), pictures, with_ct=False)


def test_names_cannot_break_out_of_the_page() -> None:
    evil = '<script>alert("x")</script>'
    labelset = default_labelset().changing(3, name=evil)
    page = Page(write_text(handed(name=evil, warnings=(evil,), authors=(evil,), labelset=labelset)))
    assert "script" not in page.tags
    assert evil in page.words


def test_without_a_ct_it_says_so() -> None:
    assert "pictures show labels only" in write_text(handed())


def test_without_millimetres_there_are_no_millilitres() -> None:
    what = handed()
    findings = measure(what.labels, GRID, LABELS, measurable=False)
    assert not re.search(r"\d ml<", report(what, findings, (), with_ct=True))


def test_nothing_labelled_is_a_page_too() -> None:
    page = Page(write_text(handed(labels=np.zeros(SHAPE, np.uint8))))
    assert "–" in page.words


def test_an_existing_file_stays(tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("mine")
    what = handed()
    with pytest.raises(InputError):
        write_report(tmp_path / "r.html", what, measure(what.labels, GRID, LABELS))
    assert (tmp_path / "r.html").read_text() == "mine"
