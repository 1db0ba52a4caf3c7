"""What the window shows without a case: open a study, open the sample, go on with a recent one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.look.icons import icon_pixmap
from app.look.pieces import PanelBody, ShortLabel, column, push, row, words
from app.model.recent import RecentStudy

_WIDTH = 680
_SHOWN = 5
_WHEN_PX = 84
"""Of a recent study: as wide in every row, so that the columns are straight."""

NOT_A_DEVICE = (
    "groundglass is a research tool, no medical device: what it marks and counts is not for diagnosis or treatment."
)
_NONE_YET = "The studies you open will be listed here."
_FORGOTTEN = "Studies are not remembered: Settings, Work."


class Card(QPushButton):
    """A large choice: icon, a few words, a sentence.

    Args:
        icon: Name of the line icon.
        title: What it does.
        text: One sentence more.
    """

    def __init__(self, icon: str, title: str, text: str, keys: str = "") -> None:
        super().__init__()
        self.setObjectName("card")
        self._icon = icon
        self._picture = QLabel()
        self._picture.setFixedSize(28, 28)
        heading = words(title, "title")
        parts: list[QWidget | None] = [heading, None]
        if keys:
            parts.append(words(keys, "key"))
        layout = row(self._picture, column(row(*parts), words(text, "small", wrap=True), gap=4), gap=14)
        layout.setContentsMargins(16, 14, 16, 14)
        self.setLayout(layout)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(88)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icon in another theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)

    def _draw(self) -> None:
        self._picture.setPixmap(icon_pixmap(self._icon, 26, "accent", ratio=self.devicePixelRatioF()))


class _RecentRow(QPushButton):
    def __init__(self, study: RecentStudy) -> None:
        super().__init__()
        self.setProperty("flat", True)
        self.setFixedHeight(36)
        name = ShortLabel(study.name)
        where = ShortLabel(str(Path(study.path)), "small", cut=Qt.TextElideMode.ElideMiddle)
        when = words(ago(time.time() - study.at), "small")
        when.setFixedWidth(_WHEN_PX)
        when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = row(gap=14)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.addWidget(name, 3)
        layout.addWidget(where, 4)
        layout.addWidget(when)
        self.setLayout(layout)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(f"Open {study.name}")
        self.setToolTip(study.path)


class _Unfinished(QWidget):
    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark = QLabel()
        mark.setPixmap(icon_pixmap("history", 22, "doubtful", ratio=self.devicePixelRatioF()))
        self.go_on = push("Go on", "Open it with every edit.", primary=True)
        self.drop = push("Leave it", "Do not ask again; the edits are put aside.")
        title = words(f"“{name}” was open. Go on?")
        layout = row(mark, column(title, words(text, "small"), gap=2), None, self.drop, self.go_on, gap=12)
        layout.setContentsMargins(16, 12, 12, 12)
        self.setLayout(layout)


class EmptyState(PanelBody):
    """The page without a case.

    Args:
        keys: The keys of Open, as the system writes them.
    """

    open_asked = Signal()
    sample_asked = Signal()
    recent_asked = Signal(object)
    """A `RecentStudy`."""
    resume_asked = Signal(object)
    """What :meth:`offer` was given."""
    drop_asked = Signal(object)

    def __init__(self, keys: str = "Ctrl+O", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("backdrop")
        self.open_card = Card(
            "folder-open", "Open a study", "A DICOM folder or zip, NIfTI, NRRD, MHA. Or drop it here.", keys
        )
        self.sample_card = Card(
            "flask-conical", "Open the sample", "A computed chest with lesions, to try everything on."
        )
        self.open_card.clicked.connect(self.open_asked)
        self.sample_card.clicked.connect(self.sample_asked)
        self._unfinished = QVBoxLayout()
        self._unfinished.setSpacing(12)
        self._unfinished.setContentsMargins(0, 0, 0, 4)
        self._recent_title = words("Recent", "muted")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        inner = QWidget()
        inner.setMaximumWidth(_WIDTH)
        inner.setLayout(
            column(
                words("groundglass", "heading"),
                words("Open a chest CT, have it segmented, correct it, export the mask.", "muted"),
                12,
                self._unfinished,
                row(self.open_card, self.sample_card, gap=12),
                12,
                self._recent_title,
                self._recent,
            )
        )
        note = words(NOT_A_DEVICE, "small", wrap=True)
        note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(inner, 1000)
        middle.addStretch(1)
        self.setLayout(column(None, middle, None, None, note, gap=8, margin=24))
        self.show_recent(())

    def show_recent(self, studies: Sequence[RecentStudy], *, kept: bool = True) -> None:
        """List the studies that were open lately; `kept` tells whether they are remembered at all."""
        _clear(self._recent)
        there = [s for s in studies if s.is_there][:_SHOWN]
        for study in there:
            line = _RecentRow(study)
            line.clicked.connect(lambda _checked=False, s=study: self.recent_asked.emit(s))
            self._recent.addWidget(line)
        if not there:
            self._recent.addWidget(words(_NONE_YET if kept else _FORGOTTEN, "small"))

    def offer(self, name: str, text: str, token: object) -> None:
        """Offer to go on with a case that was open when the program ended without closing it."""
        line = _Unfinished(name, text)
        line.go_on.clicked.connect(lambda: self.resume_asked.emit(token))
        line.drop.clicked.connect(lambda: (self.drop_asked.emit(token), line.hide()))
        self._unfinished.addWidget(line)

    def clear_offers(self) -> None:
        """Take the offers away."""
        _clear(self._unfinished)


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def ago(seconds: float) -> str:
    """Return how long ago something was, in words."""
    if seconds < 90:
        return "just now"
    if seconds < 3600:
        return f"{round(seconds / 60)} min ago"
    if seconds < 86_400:
        return f"{round(seconds / 3600)} h ago"
    days = round(seconds / 86_400)
    return "yesterday" if days == 1 else f"{days} days ago"
