"""Panels that come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.panels.registry import LEFT, RIGHT
from app.shell.docks import heights
from tests.support.window import Bench, chest_file


def test_a_closed_panel_comes_back(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    dock = b.window.docks.docks["findings"]
    assert dock.isVisible()
    dock.close()
    assert not dock.isVisible()
    b.window.run_command("reset-docks")
    assert dock.isVisible()


def test_every_panel_stands_on_one_side() -> None:
    from app.panels.registry import PANELS

    assert sorted([*LEFT, *RIGHT]) == sorted(PANELS)


@pytest.mark.parametrize("room_px", [420, 690, 940, 1300])
@pytest.mark.parametrize(("names", "grows"), [(LEFT, "segment"), (RIGHT, "findings")])
def test_a_column_is_filled_and_nothing_in_it_is_squeezed_away(
    names: tuple[str, ...], grows: str, room_px: int
) -> None:
    given = heights(names, grows, room_px)
    assert sum(given.values()) == room_px
    assert min(given.values()) >= 100


def test_the_options_of_a_tool_get_what_the_findings_leave() -> None:
    low, high = heights(RIGHT, "findings", 690), heights(RIGHT, "findings", 1000)
    assert high["tool"] > low["tool"] + 100
    assert high["findings"] > low["findings"] + 100


@pytest.mark.parametrize("before_px", [520, 900])
def test_an_arrangement_of_a_low_window_does_not_squeeze_the_labels_of_a_high_one(
    bench: Callable[..., Bench], tmp_path: Path, before_px: int
) -> None:
    source = chest_file(tmp_path)
    low = bench()
    low.window.resize(1000, before_px)
    low.wait(lambda: low.window.height() == before_px)
    low.open(source)
    low.window.docks.docks["study"].close()
    low.close()
    high = bench()
    high.window.resize(1280, 1000)
    high.wait(lambda: high.window.height() == 1000)
    high.open(source)
    assert not high.window.docks.docks["study"].isVisible(), "what was closed stays closed"
    high.wait(lambda: abs(high.window.docks.docks["labels"].height() - 264) < 12)
    assert high.window.docks.docks["findings"].height() > 400
