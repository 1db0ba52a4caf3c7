"""The sheet of keys (F1), made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.look.pieces import column, push, resize_on_screen, row, words
from app.shell.actions import ActionTable, key_text

MOUSE = (
    ("Scroll slices", "Wheel"),
    ("Zoom", "Ctrl+Wheel"),
    ("Pan", "Middle drag, Space+drag"),
    ("Window and level", "Right drag"),
    ("Reset the window", "Double right click"),
    ("Drag the crosshair in any tool", "Shift+move"),
    ("Size of the brush", "Shift+Wheel"),
    ("Invert the tool for one stroke", "Ctrl+drag"),
    ("Take the label under the mouse", "Ctrl+click"),
    ("Pane whole and back", "Double click on its title"),
)


class KeySheet(QDialog):
    """Every key and every gesture of the mouse, with a field to search them."""

    def __init__(self, table: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        resize_on_screen(self, 820, 640)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search keys")
        self.field.setAccessibleName("Search keys")
        self.field.setClearButtonEnabled(True)
        self._rows: list[tuple[QWidget, str]] = []
        content = QWidget()
        content.setObjectName("content")
        columns = QHBoxLayout(content)
        columns.setContentsMargins(0, 0, 12, 0)
        columns.setSpacing(40)
        sections = _sections(table)
        half = _half(sections)
        for part in (sections[:half], sections[half:]):
            columns.addLayout(column(*(self._section(title, rows) for title, rows in part), None, gap=20))
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        close = push("Close", "Esc closes too.")
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(16)
        layout.addLayout(row(words("Keys", "title"), None, self.field))
        layout.addWidget(area)
        layout.addLayout(row(words("Keys can be changed in the settings.", "small"), None, close))
        self.field.setFixedWidth(240)
        self.field.textChanged.connect(self._search)
        self.field.setFocus()

    def _section(self, title: str, lines: list[tuple[str, str]]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        grid.addWidget(words(title, "muted"), 0, 0, 1, 2)
        for k, (what, keys) in enumerate(lines, start=1):
            line = QWidget()
            line.setLayout(row(words(what), None, *(words(k, "key") for k in keys.split("  ")), gap=4))
            line.setMinimumHeight(26)
            grid.addWidget(line, k, 0, 1, 2)
            self._rows.append((line, f"{what} {keys}".lower()))
        return box

    def _search(self, typed: str) -> None:
        for line, text in self._rows:
            line.setVisible(typed.lower() in text)


def _sections(table: ActionTable) -> list[tuple[str, list[tuple[str, str]]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for action in table.actions:
        keys = table.keys(action.id)
        if keys:
            title = action.menu.replace("/", " › ") or "In the panes"
            shown = "  ".join(key_text(k) for k in keys)
            found.setdefault(title, []).append((action.title.rstrip("…"), shown))
    return [*found.items(), ("Mouse", list(MOUSE))]


def _half(sections: list[tuple[str, list[tuple[str, str]]]]) -> int:
    whole = sum(len(rows) + 2 for _, rows in sections)
    height = 0
    for k, (_, rows) in enumerate(sections):
        height += len(rows) + 2
        if height >= whole / 2:
            return k + 1
    return len(sections)
