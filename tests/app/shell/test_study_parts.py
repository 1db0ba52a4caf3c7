"""The window is there before what only a study needs, and lacks nothing when a study comes early."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from app.jobs.queue import JobQueue
from app.model.prefs import Preferences
from app.panels.registry import PANELS, TABS
from app.shell.window import PAGE_EMPTY, PAGE_PANES, Window
from engine.core.paths import config_dir
from tests.support.panes import a_case
from tests.support.window import chest_file


@pytest.fixture
def window(qtbot: Any) -> Iterator[Window]:
    """A window that was not shown yet."""
    made = Window(Preferences(), JobQueue(), warm=False)
    qtbot.addWidget(made)
    yield made
    made.close()


def test_the_start_page_is_painted_first_and_the_rest_comes_by_itself(qtbot: Any, window: Window) -> None:
    there: list[bool] = []
    window.painted.connect(lambda: there.append(any(map(window.parts.has, ("workspace", "series", "docks")))))
    window.show()
    qtbot.waitUntil(lambda: bool(there))
    assert there == [False]
    qtbot.waitUntil(lambda: window.parts.whole)
    assert window.pages.currentIndex() == PAGE_EMPTY
    assert not any(dock.isVisible() for dock in window.docks.docks.values())
    shown = [action.text() for action in window.menus.menu("View/Panels").actions()]
    assert shown[-len(PANELS) :] == [PANELS.entry(name).text for name in PANELS]


def test_nothing_else_comes_up_as_a_window_meanwhile(qtbot: Any, qapp: QApplication, window: Window) -> None:
    class Shown(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.names: list[str] = []

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                self.names.append(type(watched).__name__)
            return False

    shown = Shown()
    qapp.installEventFilter(shown)
    window.show()
    qtbot.waitUntil(lambda: window.parts.whole)
    qapp.removeEventFilter(shown)
    assert shown.names == ["Window"]


def test_a_study_that_comes_at_once_finds_panes_and_panels(qtbot: Any, window: Window) -> None:
    window.show()
    window.session.set_case(a_case())
    assert window.pages.currentIndex() == PAGE_PANES
    assert window.workspace.slices["axial"].isVisible()
    assert {name for name, dock in window.docks.docks.items() if dock.isVisible()} == set(PANELS) - set(TABS)


def test_a_file_opened_at_once_is_read(qtbot: Any, window: Window, tmp_path: Path) -> None:
    window.show()
    window.open_path(chest_file(tmp_path))
    qtbot.waitUntil(lambda: window.session.case is not None and not window.session.loading, timeout=20_000)
    assert window.pages.currentIndex() == PAGE_PANES


def test_a_window_closed_at_once_keeps_the_arrangement_of_the_last_one(window: Window) -> None:
    kept = config_dir() / "arrangement.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"large": "QUJD"}), encoding="utf-8")
    window.close()
    assert json.loads(kept.read_text(encoding="utf-8")) == {"large": "QUJD"}
