"""Panels that come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
    from app.panels.registry import LEFT, PANELS, RIGHT

    assert sorted([*LEFT, *RIGHT]) == sorted(PANELS)
