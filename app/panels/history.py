"""The list of steps: who did what. A click goes there and moves the view to the change."""

from __future__ import annotations

import time

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.look.icons import icon_pixmap
from app.look.pieces import EmptyNote, PanelBody, column
from app.look.style import PAD_PX
from app.look.tokens import tokens_of
from app.model.action import Action, Context
from engine.case.delta import YOU, Change

_ROW = 30
_AUTHOR, _WHEN, _UNDONE, _NOW = (Qt.ItemDataRole.UserRole + k for k in range(4))
Index = QModelIndex | QPersistentModelIndex


class _Step(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(0, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = tokens_of(option.palette)  # pyright: ignore[reportAttributeAccessIssue]
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state = option.state  # pyright: ignore[reportAttributeAccessIssue]
        undone, now, author = index.data(_UNDONE), index.data(_NOW), index.data(_AUTHOR)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_MouseOver or now:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        if now:
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(QRect(rect.left(), rect.top() + 8, 3, rect.height() - 16), 1.5, 1.5)
        icon = "user" if author == YOU else "sparkles" if author else "folder-open"
        colour = "disabled" if undone else "muted"
        painter.drawPixmap(rect.left() + 10, rect.center().y() - 7, icon_pixmap(icon, 14, colour, ratio=3.0))
        middle = Qt.AlignmentFlag.AlignVCenter
        when = index.data(_WHEN)
        painter.setPen(QColor(tokens.disabled if undone else tokens.muted))
        inner = rect.adjusted(32, 0, -8, 0)
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignRight), when)
        inner.setRight(inner.right() - painter.fontMetrics().horizontalAdvance(when) - 8)
        painter.setPen(QColor(tokens.disabled if undone else tokens.text))
        title = index.data(Qt.ItemDataRole.DisplayRole)
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignLeft), shown)
        painter.restore()


class HistoryPanel(PanelBody):
    """Steps of the open case, the newest at the end; undone ones stay, grey, until something else is done."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = context.session
        self.list = QListWidget()
        self.list.setItemDelegate(_Step(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Steps")
        self.list.setMinimumHeight(2 * _ROW)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self._empty = EmptyNote("history", "No steps yet", "What you and the network do is listed here.")
        self.setLayout(column(self.list, self._empty, gap=0, margin=PAD_PX))
        self.layout().setContentsMargins(8, 2, 8, 8)  # pyright: ignore[reportOptionalMemberAccess]
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.show_steps)
        self._session.case_changed.connect(self._soon.start)
        self._session.labels_changed.connect(lambda _change: self._soon.start())
        self.show_steps()

    def show_steps(self) -> None:
        """List the steps of the case."""
        case = self._session.case
        steps = case.history.steps if case is not None else ()
        self._empty.setVisible(not steps)
        self.list.setVisible(bool(steps))
        self.list.clear()
        if case is None or not steps:
            return
        forgotten = case.history.forgotten
        base = f"{forgotten} older steps" if forgotten else "Opened"
        self._add(base, "", "", undone=False, now=case.history.done == 0)
        for k, step in enumerate(steps, start=1):
            when = time.strftime("%H:%M", time.localtime(step.at))
            undone = k > case.history.done
            self._add(step.title, step.author, when, undone=undone, now=k == case.history.done)
        self.list.scrollToItem(self.list.item(case.history.done))

    def _add(self, title: str, author: str, when: str, *, undone: bool, now: bool) -> None:
        item = QListWidgetItem(title)
        for role, value in ((_AUTHOR, author), (_WHEN, when), (_UNDONE, undone), (_NOW, now)):
            item.setData(role, value)
        who = "you" if author == YOU else author
        item.setToolTip(
            f"{title}\nby {who}, {when}\nA click goes there." if author else "A click goes to the beginning."
        )
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title} by {who}" if author else title)
        self.list.addItem(item)

    def _go(self, item: QListWidgetItem) -> None:
        case = self._session.case
        if case is None:
            return
        place = self.list.row(item)
        steps = case.history.steps
        case.history.goto(place)
        if 0 < place <= len(steps):
            self._look_at(steps[place - 1])

    def _look_at(self, step: Change) -> None:
        box = step.box
        if box is not None and not box.empty and not box.contains(self._session.cursor_zyx):
            z, y, x = ((a + b) // 2 for a, b in zip(box.start_zyx, box.stop_zyx, strict=True))
            self._session.set_cursor((z, y, x))


ACTIONS: tuple[Action, ...] = ()
