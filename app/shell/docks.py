"""The panels around the slices: they close, float and come back; the arrangement is kept per layout of panes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QWidget

from app.look.pieces import PanelBody, column, quiet, row, words
from app.model.action import Context
from app.panels.registry import LEFT, PANELS, RIGHT, TABS
from engine.core.atomic import write_text
from engine.core.errors import GroundglassError
from engine.core.paths import config_dir

WIDTH_LEFT, WIDTH_RIGHT = 252, 300
_LEAST_LEFT, _LEAST_RIGHT = 216, 256  # names of labels, and the table of the findings, can be read
_VERSION = 2
_HEIGHT_OF, _ALIKE = ".height", 0.03
_FRAME_PX = 110  # menu, toolbar and foot
_FIRST_PX = {"study": 196, "labels": 264, "tool": 168, "history": 158}
"""Heights at first: what these panels show of a chest CT with the program's own labels. The others take the rest."""
_LEAST_PX = 100
_MOST_PX = {"findings": 520, "tool": 330}
"""What the panels that grow can use; what is left beyond the findings goes to the options of the tool."""
_YIELD = ("study", "history", "tool", "labels")
"""Which panel gives way first where the window is low."""


class _Title(QWidget):
    def __init__(self, title: str, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("panelTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        close = quiet("x", f"Close {title}", f"Hide this panel; View › Panels brings “{title}” back.")
        close.clicked.connect(dock.close)
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = row(words(title, "title"), None, close)
        line.setContentsMargins(12, 8, 8, 2)
        self.setLayout(line)


class _Dock(QDockWidget):
    """A panel that scrolls when the window is low."""

    def __init__(self, name: str, title: str, panel: QWidget, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock.{name}")
        self.setTitleBarWidget(_Title(title, self))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = PanelBody()
        body.setLayout(column(panel, gap=0))
        area.setWidget(body)
        area.viewport().setAutoFillBackground(False)
        self.setWidget(area)
        self.setMinimumWidth(_LEAST_LEFT if name in LEFT else _LEAST_RIGHT)
        self._panel = panel

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_LEFT, max(80, self._panel.sizeHint().height() + 44))


class Docks:
    """Makes the panels and remembers where they stand.

    Args:
        window: Where they dock.
        context: What the panels get.
        path: Where arrangements are kept; in the config folder if None.
    """

    def __init__(self, window: QMainWindow, context: Context, path: Path | None = None) -> None:
        self._window = window
        self._context = context
        self._path = path if path is not None else config_dir() / "arrangement.json"
        self._kept: dict[str, str] = _read(self._path)
        self._shown = ""
        self.panels: dict[str, QWidget] = {}
        self.docks: dict[str, QDockWidget] = {}
        window.setDockNestingEnabled(True)
        for corner, area in (
            (Qt.Corner.TopLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.TopRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            window.setCorner(corner, area)
        for name in PANELS:
            panel = PANELS.get(name)(context)
            dock = _Dock(name, PANELS.entry(name).text, panel, window)
            self.panels[name], self.docks[name] = panel, dock
        self._place()

    def show_actions(self) -> list[QAction]:
        """Return a switch per panel for the menu."""
        return [dock.toggleViewAction() for dock in self.docks.values()]

    def show_for(self, layout: str) -> None:
        """Remember the arrangement of the layout that was shown and bring back that of another."""
        if layout == self._shown:
            return
        self.remember()
        self._shown = layout
        self.bring_back()

    def bring_back(self) -> None:
        """Put the panels where they stood when this layout of panes was seen last."""
        kept = self._kept.get(self._shown)
        if not kept:
            return
        self._window.restoreState(QByteArray(_decoded(kept)), _VERSION)
        before = _number(self._kept.get(f"{self._shown}{_HEIGHT_OF}", ""))
        if before and abs(self._window.height() - before) > _ALIKE * before:
            # In a window of another height the first panel of a column would get all that is gained.
            QTimer.singleShot(0, self._window, self._share_height)

    def remember(self) -> None:
        """Keep the present arrangement under the present layout."""
        if self._shown and any(d.isVisible() for d in self.docks.values()):
            state = self._window.saveState(_VERSION).data()
            self._kept[self._shown] = base64.b64encode(state).decode("ascii")
            self._kept[f"{self._shown}{_HEIGHT_OF}"] = str(self._window.height())

    def save(self) -> None:
        """Write the arrangements to disk."""
        self.remember()
        try:
            write_text(self._path, json.dumps(self._kept))
        except GroundglassError:
            return  # the panels will stand where they stood at first

    def reset(self) -> None:
        """Put every panel where it stood at first."""
        self._kept.clear()
        self._place()

    def show(self, name: str) -> None:
        """Bring a panel to the front, one that is away too."""
        self.docks[name].show()
        self.docks[name].raise_()

    def set_visible(self, *, on: bool) -> None:
        """Show the panels but those that are asked for, or hide all while there is no case."""
        if not on:
            for dock in self.docks.values():
                dock.setVisible(False)
        elif not self._kept.get(self._shown):
            for name, dock in self.docks.items():
                dock.setVisible(name not in TABS)
            # Sizes hold only once the docks have been laid out.
            QTimer.singleShot(0, self._window, self._share_height)

    def _place(self) -> None:
        sides = ((Qt.DockWidgetArea.LeftDockWidgetArea, LEFT), (Qt.DockWidgetArea.RightDockWidgetArea, RIGHT))
        for area, names in sides:
            for name in names:
                dock = self.docks[name]
                dock.setFloating(False)
                self._window.removeDockWidget(dock)
                self._window.addDockWidget(area, dock)
                dock.show()
        for name, beside in TABS.items():
            dock = self.docks[name]
            dock.setFloating(False)
            self._window.tabifyDockWidget(self.docks[beside], dock)
            dock.hide()
        self._share_height()

    def _share_height(self) -> None:
        """Give every panel what it needs; the one that has most to show gets what is left."""
        for column_of, grows in ((LEFT, "segment"), (RIGHT, "findings")):
            names = [n for n in column_of if not (self.docks[n].isHidden() or self.docks[n].isFloating())]
            if not names:
                continue
            wanted = heights(names, grows if grows in names else names[-1], self._window.height() - _FRAME_PX)
            docks = [self.docks[name] for name in names]
            self._window.resizeDocks(docks, [wanted[name] for name in names], Qt.Orientation.Vertical)
        self._window.resizeDocks(
            [self.docks[LEFT[0]], self.docks[RIGHT[0]]], [WIDTH_LEFT, WIDTH_RIGHT], Qt.Orientation.Horizontal
        )


def heights(names: Iterable[str], grows: str, room_px: int) -> dict[str, int]:
    """Return the height of each panel of a column: what it needs, cut down in turn where the column is low.

    Args:
        names: The panels of the column.
        grows: The one that takes what is left.
        room_px: Height of the column.
    """
    wanted = {name: _FIRST_PX.get(name, 0) for name in names}
    wanted[grows] = max(160, room_px - sum(h for n, h in wanted.items() if n != grows))
    for name in (n for n in _YIELD if n in wanted):
        short = sum(wanted.values()) - room_px
        if short > 0:
            wanted[name] -= min(short, wanted[name] - _LEAST_PX)
    spare = wanted[grows] - _MOST_PX.get(grows, room_px)
    if "tool" in wanted and spare > 0:
        given = min(spare, _MOST_PX["tool"] - wanted["tool"])
        wanted["tool"] += given
        wanted[grows] -= given
    return wanted


def _read(path: Path) -> dict[str, str]:
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(raw, dict):
        return {}
    return {str(k): v for k, v in cast("dict[Any, Any]", raw).items() if isinstance(v, str)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
