"""The page stands alone, escapes what it is given, and shows every case."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

from engine.evaluate.page import Worst, page
from engine.evaluate.tables import summary
from engine.io.export.pictures import png
from tests.support.evaluation import evaluation


class Reader(HTMLParser):
    """Collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_nothing_and_shows_every_case() -> None:
    import numpy as np

    one, other = evaluation("m"), evaluation("<script>alert(1)</script>", shift=1)
    one = dataclasses.replace(one, failed={"d": "It is <b>damaged</b>."})
    html = page(one, summary(one, other), [Worst("a, lung: Dice 0.5", png(np.zeros((4, 5, 3), np.uint8)))])
    reader = Reader()
    reader.feed(html)
    tags = [tag for tag, _ in reader.tags]
    assert "script" not in tags
    assert "b" not in tags
    assert all((a.get("src") or "data:").startswith("data:") for _, a in reader.tags)
    assert tags.count("svg") == 2  # lung and effusion
    assert tags.count("circle") == 6
    assert "It is <b>damaged</b>." in reader.text
    for case in ("a", "b", "c"):
        assert f"{case}" in reader.text
    assert "Not for diagnosis" in reader.text
    middle = sorted(one.values("lung", "dice").values())[1]
    assert f"median {middle:.3f}" in reader.text


def test_what_does_not_exist_is_a_dash() -> None:
    one = evaluation("m")
    reader = Reader()
    reader.feed(page(one, summary(one), []))
    assert "nan" not in reader.text.lower()
    assert "–" in reader.text
