"""The command palette: type a few letters, Enter runs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.look.icons import line_icon
from app.look.tokens import tokens_of
from app.shell.actions import ActionTable, key_text

_WIDTH, _HEIGHT, _ROW = 560, 420, 36
_MARGIN, _GAP = 10, 6
_ID, _MENU, _KEYS, _REASON = (Qt.ItemDataRole.UserRole + k for k in range(4))


@dataclass(frozen=True)
class Match:
    """How well words fit.

    Args:
        score: Higher is better; below 0 does not fit.
    """

    score: float

    def __bool__(self) -> bool:
        return self.score >= 0


def fuzzy(typed: str, text: str) -> Match:
    """Return how well the letters of `typed` are found, in order, in `text`.

    Letters at the starts of words and letters in a row count more; a shorter text wins a tie.
    """
    wanted, inside = typed.lower().replace(" ", ""), text.lower()
    if not wanted:
        return Match(0.0)
    if typed.lower() in inside:
        return Match(200.0 - inside.index(typed.lower()) - len(inside) / 100)
    score, at, before = 0.0, 0, -2
    for letter in wanted:
        starts = [k for k in range(at, len(inside)) if inside[k] == letter]
        if not starts:
            return Match(-1.0)
        # Prefer going on in a row, then the start of a word, then the nearest.
        k = next((s for s in starts if s == before + 1), None)
        if k is None:
            k = next((s for s in starts if s == 0 or not inside[s - 1].isalnum()), starts[0])
        score += 10.0 if k == before + 1 else 6.0 if k == 0 or not inside[k - 1].isalnum() else 1.0
        before, at = k, k + 1
    return Match(score - len(inside) / 100)


class _Row(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: object) -> QSize:
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:  # noqa: ANN001 - Qt's index
        tokens = tokens_of(option.palette)  # pyright: ignore[reportAttributeAccessIssue]
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state = option.state  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 6, 6)
        reason = index.data(_REASON)
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        icon.paint(painter, QRect(rect.left() + 16, rect.center().y() - 8, 18, 18))
        painter.setPen(QColor(tokens.disabled if reason else tokens.text))
        title = index.data(Qt.ItemDataRole.DisplayRole)
        inner = rect.adjusted(46, 0, -16, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignLeft), title)
        used = painter.fontMetrics().horizontalAdvance(title) + 12
        painter.setPen(QColor(tokens.disabled))
        more = reason or index.data(_MENU)
        keys = index.data(_KEYS)
        room = inner.adjusted(used, 0, -painter.fontMetrics().horizontalAdvance(keys) - 12, 0)
        shown = painter.fontMetrics().elidedText(more, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), shown)
        painter.setPen(QColor(tokens.muted))
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignRight), keys)
        painter.restore()


class Palette(QFrame):
    """A list over the window; Esc or a click elsewhere closes it.

    Args:
        table: What can be run.
        window: Over which it lies.
    """

    def __init__(self, table: ActionTable, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self._table = table
        self._window = window
        self._back: QWidget | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Find a command")
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self._run())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        layout.setSpacing(_GAP)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.hide()

    def open(self) -> None:
        """Show it over the window, empty, with the keyboard in it."""
        window = self._window
        self._back = window.focusWidget()
        self.field.clear()
        self._fill("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_again(self) -> None:
        """Hide it and give the keyboard back."""
        if not self.isVisible():
            return
        self.hide()
        if self._back is not None:
            self._back.setFocus()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Up, down, Enter and Esc while typing; leaving the field closes."""
        if event.type() == QEvent.Type.FocusOut:
            self.close_again()
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()  # while typing no letter is a tool
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        return False

    def _key(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Escape:
            self.close_again()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            count = max(1, self.list.count())
            self.list.setCurrentRow((self.list.currentRow() + step) % count)
        else:
            return False
        return True

    def _fill(self, typed: str) -> None:
        self.list.clear()
        found = []
        for place, action in enumerate(self._table.actions):
            title = action.title.rstrip("…")
            best = max(fuzzy(typed, title).score, fuzzy(typed, f"{title} {action.menu} {action.tip}").score - 60)
            if best >= 0 or fuzzy(typed, title):
                reason = action.disabled_because(self._table.context)
                found.append((-best + (20 if reason else 0), place, action, reason))
        for _, _, action, reason in sorted(found, key=lambda row: row[:2]):
            item = QListWidgetItem(line_icon(action.icon or "chevron-right", "muted"), action.title.rstrip("…"))
            item.setData(_ID, action.id)
            item.setData(_MENU, action.menu.replace("/", " › "))
            item.setData(_KEYS, "  ".join(key_text(k) for k in self._table.keys(action.id)))
            item.setData(_REASON, reason or "")
            item.setToolTip(reason or action.tip)
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        else:
            item = QListWidgetItem(line_icon("search", "disabled"), f"Nothing is called “{typed}”.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            for role in (_ID, _MENU, _KEYS, _REASON):
                item.setData(role, "")
            self.list.addItem(item)
        self._fit()

    def _fit(self) -> None:
        """Be as high as what was found, and no higher than the window allows."""
        window = self._window
        width = min(_WIDTH, window.width() - 80)
        around = 2 * _MARGIN + self.field.sizeHint().height() + _GAP
        rows = self.list.count() * _ROW + 2 * self.list.frameWidth() + 2
        height = min(_HEIGHT, window.height() - 140, around + rows)
        self.setGeometry((window.width() - width) // 2, 84, width, height)

    def _run(self) -> None:
        item = self.list.currentItem()
        name = item.data(_ID) if item is not None else ""
        if not name or item.data(_REASON):
            return
        self.close_again()
        self._table.run(name)
