"""The table as a page: what the terminal shows, and whether it was shortened before anything else."""

from dataclasses import replace

from engine.reproduce.claims import Row, Table
from engine.reproduce.page import page
from engine.reproduce.run import Scored

TABLE = Table(
    "A < B", "A paper, table 9", "cpu", "Its protocol.", "Its weakness.", (Row("Base & more", "unet2d", {"dice": 0.5}),)
)
ENTRY = Scored("Base & more", "patient", {"dice": [0.25, 0.75]}, 100, 2.0, 8)


def test_the_page_shows_the_paper_beside_ours():
    text = page(TABLE, [ENTRY])
    assert "<h1>A &lt; B</h1>" in text
    assert "<td>Base &amp; more</td><td>0.5</td><td>0.500 (" in text
    assert "Its weakness." in text
    assert 'class="loud"' not in text


def test_a_shortened_table_says_so_above_its_figures():
    text = page(TABLE, [replace(ENTRY, shortened="shortened: 5 updates; not comparable")])
    assert text.index("Shortened: 5 updates; not comparable.") < text.index("<table>")
    assert "ours, shortened, by patient" in text
