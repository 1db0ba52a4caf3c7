"""Menus and toolbar, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QMenuBar, QSizePolicy, QToolBar, QToolButton, QWidget

from app.look.icons import line_icon
from app.look.pieces import words
from app.look.style import CONTROL_PX
from app.model.action import Action
from app.shell.actions import ActionTable, key_text

ORDER = ("File", "Edit", "View", "Tools", "Labels", "Run", "Help")
"""Menus from left to right; others follow before Help."""

_GAP = "\u2002"  # between icon and words: Qt leaves none

_WITH_WORDS = {11, 12, 51}  # of the toolbar: the three things one comes for


class Menus:
    """The menu bar.

    Args:
        bar: Of the window.
        table: The actions.
    """

    def __init__(self, bar: QMenuBar, table: ActionTable) -> None:
        self._bar = bar
        self._table = table
        self._menus: dict[str, QMenu] = {}
        tops = dict.fromkeys(a.menu.split("/")[0] for a in table.actions if a.menu)
        for top in sorted(tops, key=_place):
            self.menu(top)
        for action in table.actions:
            if action.menu:
                self.menu(action.menu).addAction(table[action.id])

    def menu(self, path: str) -> QMenu:
        """Return the menu at a path such as ``"View/Layout"``; it is made if missing."""
        if path not in self._menus:
            parent, _, title = path.rpartition("/")
            menu = self.menu(parent).addMenu(title) if parent else self._bar.addMenu(f"&{title}")
            menu.setToolTipsVisible(True)
            self._menus[path] = menu
        return self._menus[path]


def _place(title: str) -> int:
    known = [*ORDER[:-1], None, ORDER[-1]]
    return known.index(title) if title in known else len(ORDER) - 1


class MainBar(QToolBar):
    """The toolbar: Open, Segment │ tools │ undo │ export … find a command.

    Args:
        table: The actions; those with a place stand here, groups of ten apart.
    """

    def __init__(self, table: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(20, 20))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._table = table
        self._buttons: dict[str, QToolButton] = {}
        self._words = -1
        self._needed_px: list[int] = []
        placed = sorted((a for a in table.actions if a.toolbar), key=lambda a: a.toolbar)
        for before, action in zip([None, *placed], placed, strict=False):
            if before is not None and before.toolbar // 10 != action.toolbar // 10:
                self.addSeparator()
            self._add(action)
        self._add_finder()
        self.write_keys()

    def write_keys(self) -> None:
        """Write the keys beside the icons of the tools anew."""
        for name, button in self._buttons.items():
            keys = self._table.keys(name)
            action = self._table.action(name)
            button.setText(_words_of(action, keys))
            button.setToolTip(self._table[name].toolTip())
        self._key.setText(key_text(_first(self._table.keys("help.palette"))))
        self._needed_px, self._words = [], -1
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the icons stand alone: nothing may fall off the end of the bar."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if not self._needed_px:
            for words_left in range(3):
                self._write(words_left)
                self.layout().invalidate()  # pyright: ignore[reportOptionalMemberAccess]
                self._needed_px.append(self.sizeHint().width())
        self._write(max((n for n in range(3) if self._needed_px[n] <= self.width()), default=0))

    def _write(self, words_left: int) -> None:
        """Show icons alone (0), the words of what is no tool (1), or all words and keys (2)."""
        if words_left == self._words:
            return
        self._words = words_left
        style = Qt.ToolButtonStyle
        for name, button in self._buttons.items():
            action = self._table.action(name)
            keyed = action.checked is not None and bool(_short(self._table.keys(name)))
            wordy = words_left >= 1 if _shows_words(action) else keyed and words_left == 2
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if wordy else style.ToolButtonIconOnly)
        whole = words_left == 2
        self._finder.setToolButtonStyle(style.ToolButtonTextBesideIcon if whole else style.ToolButtonIconOnly)
        self._key_place.setVisible(whole)

    def _add(self, action: Action) -> None:
        live = self._table[action.id]
        self.addAction(live)
        button = self.widgetForAction(live)
        if not isinstance(button, QToolButton):
            return
        live.changed.connect(self._restore)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.title.rstrip("…"))
        button.setFixedHeight(CONTROL_PX + 4)
        self._buttons[action.id] = button

    def _restore(self) -> None:
        # QToolButton takes its words from the action whenever that changes.
        live = self.sender()
        if isinstance(live, QAction) and live.objectName() in self._buttons:
            name = live.objectName()
            button, action = self._buttons[name], self._table.action(name)
            button.setText(_words_of(action, self._table.keys(name)))

    def _add_finder(self) -> None:
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        finder = QToolButton()
        finder.setObjectName("finder")
        finder.setIcon(line_icon("search", "muted"))
        finder.setText(f"{_GAP}Find a command")
        finder.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        finder.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        finder.setFixedHeight(CONTROL_PX + 4)
        finder.setAccessibleName("Find a command")
        live = self._table["help.palette"]
        finder.clicked.connect(live.trigger)
        finder.setToolTip(live.toolTip())
        self.addWidget(finder)
        self._finder = finder
        self._key = words("", "key")
        self._key.setFixedHeight(20)
        self._key_place = self.addWidget(self._key)


def _words_of(action: Action, keys: tuple[str, ...]) -> str:
    text = action.title.rstrip("…") if _shows_words(action) else _short(keys)
    return f"{_GAP}{text}" if text else ""


def _shows_words(action: Action) -> bool:
    return action.toolbar in _WITH_WORDS


def _first(keys: tuple[str, ...]) -> str:
    return keys[0] if keys else ""


def _short(keys: tuple[str, ...]) -> str:
    return next((k for k in keys if len(k) <= 2), "")
