"""Panels that come back."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow

from app.panels.registry import LEFT, RIGHT, TABS
from app.shell.docks import heights
from engine.core.paths import config_dir
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

    assert sorted([*LEFT, *RIGHT, *TABS]) == sorted(PANELS)
    assert set(TABS.values()) <= {*LEFT, *RIGHT}


def test_a_panel_that_is_asked_for_is_away_until_then_and_takes_no_room(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    docks = b.window.docks
    assert not docks.docks["explain"].isVisible()

    def tall() -> dict[str, int]:
        return {name: docks.docks[name].height() for name in (*LEFT, "tool", "history")}

    b.wait(lambda: docks.docks["findings"].height() > 300)  # the heights have been shared out
    before = tall()
    docks.show("explain")
    b.wait(docks.docks["explain"].isVisible)
    assert docks.docks["findings"] in b.window.tabifiedDockWidgets(docks.docks["explain"])
    QApplication.processEvents()  # whatever Qt does to the column by itself
    assert tall() == before
    b.window.run_command("reset-docks")
    assert not docks.docks["explain"].isVisible()
    assert docks.docks["findings"].isVisible()


def test_an_arrangement_from_before_a_panel_was_there_is_kept(bench: Callable[..., Bench], tmp_path: Path) -> None:
    """Arrangements are written by older versions too: what they do not know stays away."""
    old = QMainWindow()
    for area, names in ((Qt.DockWidgetArea.LeftDockWidgetArea, LEFT), (Qt.DockWidgetArea.RightDockWidgetArea, RIGHT)):
        for name in names:
            dock = QDockWidget(old)
            dock.setObjectName(f"dock.{name}")
            old.addDockWidget(area, dock)
            dock.setVisible(name != "study")
    state = bytes(old.saveState(2).data())
    config_dir().mkdir(parents=True, exist_ok=True)
    kept = {"single": base64.b64encode(state).decode("ascii")}
    (config_dir() / "arrangement.json").write_text(json.dumps(kept), encoding="utf-8")
    source = chest_file(tmp_path)
    new = bench()
    new.open(source)
    assert not new.window.docks.docks["study"].isVisible(), "what was closed stays closed"
    assert new.window.docks.docks["findings"].isVisible()
    assert not new.window.docks.docks["explain"].isVisible()
    new.window.docks.show("explain")
    new.wait(new.window.docks.docks["explain"].isVisible)


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
