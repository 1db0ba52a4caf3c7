"""The yellow line over the panes: what the reader has to say about the study."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QToolButton

from app.look.icons import icon_pixmap
from app.look.pieces import ShortLabel, quiet, row
from app.model.session import Session


class NoticeBar(QFrame):
    """One line with the gravest notice; the others are a click away. Figures carry the mark all the same.

    Args:
        session: Whose case it speaks of.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._session = session
        self._mark = QLabel()
        self._text = ShortLabel()
        self._more = QToolButton()
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._more.setAccessibleName("All notices")
        self._more.setToolTip("Everything the reader has to say.")
        self._close = quiet("x", "Hide", "Hide this line; the notices stay in exports and figures.")
        self._close.clicked.connect(self.hide)
        layout = row(self._mark, gap=10)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._more)
        layout.addWidget(self._close)
        layout.setContentsMargins(12, 4, 8, 4)
        self.setLayout(layout)
        self.setFixedHeight(34)
        session.case_changed.connect(self._show)
        session.volume_ready.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """What the line says."""
        return self._text.whole

    def _show(self) -> None:
        case = self._session.case
        notices = case.volume.notices if case is not None else ()
        grave = sorted(notices, key=lambda n: n.severity != "warning")
        shown = [n for n in grave if n.severity == "warning"]
        self.setVisible(bool(shown))
        if not shown:
            return
        self._mark.setPixmap(icon_pixmap("triangle-alert", 18, "doubtful", ratio=self.devicePixelRatioF()))
        self._mark.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._text.set_whole(shown[0].text)
        self._menu.clear()
        for notice in grave:
            self._menu.addAction(notice.text)
        self._more.setVisible(len(grave) > 1)
        self._more.setText(f"{len(grave) - 1} more")
