"""The window itself: held keys and its theme."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from app.jobs.job import Job
from app.look.tokens import DARK, LIGHT, tokens_of
from app.shell.window import SMALLEST
from app.views.pane import Pane
from tests.support.window import Bench, chest_file


def test_labels_are_hidden_while_h_is_held(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    view = b.pane()
    view.setFocus()
    QTest.keyPress(view, Qt.Key.Key_H)
    assert b.session.overlay.hidden
    QTest.keyRelease(view, Qt.Key.Key_H)
    assert not b.session.overlay.hidden


def test_theme_changes_everything_at_once_and_is_remembered(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert tokens_of(b.window.palette()) is DARK
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is LIGHT
    assert b.window.preferences.now.theme == "light"
    b.window.actions_table["view.theme"].trigger()
    assert tokens_of(b.window.palette()) is DARK


def test_nothing_falls_off_the_end_of_the_toolbar_in_a_narrow_window(bench: Callable[..., Bench]) -> None:
    b = bench()
    for width in (b.window.minimumWidth(), 1600, b.window.minimumWidth()):
        b.window.resize(width, 700)
        b.wait(lambda wide=width: b.window.main_bar.width() == wide)
        b.wait(lambda: not [w for w in b.window.main_bar.findChildren(QToolButton) if w.text() and not w.isVisible()])


def test_a_button_under_the_mouse_hides_nothing_of_the_foot(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    taskbar = b.window.taskbar
    tip = b.window.actions_table.action("run.segment").tip
    # What Qt sends while the mouse rests on the button. A real move would do, if no window of an earlier test lay
    # under the mouse: without a display they all lie in one place.
    QApplication.sendEvent(b.window, QStatusTipEvent(tip))
    b.wait(lambda: taskbar.title.whole == tip)
    go_on = threading.Event()
    job = Job("Reading", lambda _job: go_on.wait(20))
    b.window.jobs.start(job)
    assert taskbar.title.whole == "Reading"
    assert taskbar.stop.isVisible()
    assert b.window.status.isVisible()
    go_on.set()
    b.wait(lambda: job.is_over)


def test_the_button_that_stops_stays_where_the_mouse_goes_for_it(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    go_on = threading.Event()
    job = Job("Reading", lambda _job: go_on.wait(20))
    b.window.jobs.start(job)
    stop = b.window.taskbar.stop
    places = set()
    z = b.session.cursor_zyx[0]
    for voxel in ((z, 0, 0), (z, 25, 20), (z, 55, 71), None):
        b.session.pointer_moved.emit(voxel)
        for done in (1, 22, 333):
            job.update(done, 1000, f"slice {done} of 1000")
            b.wait(lambda done=done: f"slice {done} " in b.window.taskbar.title.whole)
            QTest.qWait(1)  # layouts are made anew when the loop turns
            places.add(stop.mapTo(b.window, QPoint()).x())
    assert len(places) == 1, places
    go_on.set()
    b.wait(lambda: job.is_over)


def test_the_smallest_window_shows_its_foot_and_all_panes(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench(layout="large")
    width, height = SMALLEST
    for step in (lambda: None, lambda: b.open(chest_file(tmp_path))):
        step()
        b.window.resize(width, height)
        b.wait(lambda: b.window.size().toTuple() == (width, height) and b.window.statusBar().width() == width)
        foot = b.window.statusBar()
        assert foot.mapTo(b.window, foot.rect().bottomLeft()).y() < height
        assert b.window.pages.mapTo(b.window, b.window.pages.rect().bottomLeft()).y() < foot.y()
    frames = b.window.workspace.findChildren(Pane)
    shown = [QRect(f.mapTo(b.window, QPoint()), f.size()) for f in frames if f.isVisible()]
    assert len(shown) == 4
    assert not [1 for k, one in enumerate(shown) for other in shown[:k] if one.intersects(other)]
    b.window.workspace.shut_down()
