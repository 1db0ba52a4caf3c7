"""The real window for tests: a real job queue, real events, a home of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QScrollArea, QWidget

from app.jobs.queue import JobQueue
from app.model.prefs import Preferences
from app.shell.window import Window
from app.views.slice_view import SliceView
from engine.core.errors import GroundglassError
from engine.core.types import IndexZyx
from engine.io.masks.write import write_volume
from tests.support.models import quick_chest

WAIT_MS = 20_000


class Bench:
    """A window under test and what it said.

    Args:
        qtbot: Of pytest-qt.
        layout: Of the panes; "single" leaves the 3-D pane asleep.
        warm: Start the engine process.
    """

    def __init__(self, qtbot: Any, *, layout: str = "single", warm: bool = False) -> None:
        self.qtbot = qtbot
        self.problems: list[GroundglassError] = []
        self.said: list[str] = []
        self.window = Window(Preferences(), JobQueue(), version="test", warm=warm)
        self.window.dialogs.on_problem = self.problems.append
        self.session = self.window.session
        self.session.message.connect(self.said.append)
        self.session.set_layout(layout)  # type: ignore[arg-type]
        self.window.resize(1280, 800)
        self.window.show()
        qtbot.addWidget(self.window)
        qtbot.waitExposed(self.window)
        qtbot.waitUntil(self._is_active, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: self.window.parts.whole, timeout=WAIT_MS)

    def _is_active(self) -> bool:
        """Ask to be the active window until it is so: asked too early, the platform forgets it."""
        self.window.activateWindow()
        return self.window.isActiveWindow()

    def wait(self, what: Callable[[], object], timeout_ms: int = WAIT_MS) -> None:
        """Wait until something holds; a problem of the window ends the wait with its words."""
        self.qtbot.waitUntil(lambda: bool(self.problems) or bool(what()), timeout=timeout_ms)
        assert not self.problems, str(self.problems[0])

    def open(self, path: Path) -> None:
        """Open a source with one series and wait until it is whole."""
        opened: list[object] = []
        self.window.opening.case_opened.connect(opened.append)
        self.window.open_path(path)
        self.wait(lambda: opened and not self.session.loading)

    def drop(self, path: Path) -> None:
        """Drop a path on the window, as the system does."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        where, button = QPoint(400, 300), Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, button, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, button, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.window, drop)

    def key(self, key: Any, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        widget = QApplication.focusWidget() or self.window
        assert self.window.isActiveWindow() or QApplication.activeModalWidget() is not None
        QTest.keyClick(widget, key, modifier)

    def click(self, widget: QWidget) -> None:
        """Press and let go the left button in the middle of what is seen of a widget."""
        self.qtbot.waitUntil(widget.isVisible, timeout=WAIT_MS)  # a person waits for what is not seen yet
        self._show_inside(widget)
        where = widget.visibleRegion().boundingRect().center()
        assert not where.isNull(), "a person cannot click what is not seen"
        # Through the window: what lies over the widget there would get the click instead.
        top = widget.window()
        hit = top.childAt(widget.mapTo(top, where))
        assert hit is not None
        assert hit is widget or widget.isAncestorOf(hit), f"{hit} lies over it"
        QTest.mouseClick(hit, Qt.MouseButton.LeftButton, pos=hit.mapFrom(widget, where) if hit is not widget else where)

    @staticmethod
    def _show_inside(widget: QWidget) -> None:
        """Scroll to a widget, as a person would with the wheel."""
        parent = widget.parentWidget()
        while parent is not None:
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()

    def click_row(self, view: QAbstractItemView, row: int) -> None:
        """Click a row of a list."""
        index = view.model().index(row, 0)
        view.scrollTo(index)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())

    def pane(self, plane: str = "axial") -> SliceView:
        """Return a slice pane."""
        return self.window.workspace.slices[plane]  # type: ignore[index]

    def pixel_of(self, voxel: IndexZyx, plane: str = "axial") -> QPoint:
        """Return the pixel of a pane under which a voxel of the shown slice lies."""
        return self.pane(plane).pixel_of(voxel).toPoint()

    def paint(self, *voxels: IndexZyx, plane: str = "axial") -> None:
        """Press, draw through voxels and let go, with the left button."""
        view = self.pane(plane)
        points = [self.pixel_of(v, plane) for v in voxels]
        QTest.mouseMove(view, points[0])
        QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[0])
        for point in points[1:]:
            QTest.mouseMove(view, point)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, points[-1])

    def close(self) -> None:
        """Close the window as a person does."""
        self.window.close()


def chest_file(folder: Path, shape: tuple[int, int, int] = (24, 56, 72)) -> Path:
    """Write a small chest as NIfTI and return it."""
    hu, grid, _ = quick_chest(shape)
    return write_volume(folder / "chest.nii.gz", hu, grid)
