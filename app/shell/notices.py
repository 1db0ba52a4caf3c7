"""The yellow line over the panes: what has to be said about the study and about what a network made of it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QToolButton

from app.look.icons import icon_pixmap
from app.look.pieces import ShortLabel, push, quiet, row
from app.model.session import Session
from engine.case.volume import GRAVENESS, Notice, joined


class Runner(Protocol):
    """What runs segmentations; see `app.shell.segmenting`."""

    @property
    def remarks(self) -> tuple[Notice, ...]:
        """What it has to say that no step of the case says."""
        ...

    @property
    def refused(self) -> bool:
        """Whether it made no mask and waits for a word."""
        ...

    def start(self, *, anyway: bool = False) -> None:
        """Segment the open case."""
        ...


class NoticeBar(QFrame):
    """One line with the gravest notice; the others are a click away. Figures carry the mark all the same.

    Args:
        session: Whose case it speaks of.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._session = session
        self._runner: Runner | None = None
        self._hidden: tuple[Notice, ...] | None = None
        self._was_refused = False
        self._mark = QLabel()
        self._text = ShortLabel()
        self._more = QToolButton()
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._more.setAccessibleName("All notices")
        self._more.setToolTip("Everything there is to say about this study.")
        self.anyway = push("Segment anyway", "Let the network mark it all the same; the doubt stays with the result.")
        self.anyway.clicked.connect(lambda: self._runner and self._runner.start(anyway=True))
        self._close = quiet("x", "Hide", "Hide this line; the notices stay in exports and figures.")
        self._close.clicked.connect(self._dismiss)
        layout = row(self._mark, gap=10)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.anyway)
        layout.addWidget(self._more)
        layout.addWidget(self._close)
        layout.setContentsMargins(12, 4, 8, 4)
        self.setLayout(layout)
        self.setFixedHeight(34)
        session.case_changed.connect(self._on_case)
        session.volume_ready.connect(self.show_state)
        session.labels_changed.connect(lambda _change: self.show_state())  # a result was taken back, or done again
        self.show_state()

    @property
    def text(self) -> str:
        """What the line says."""
        return self._text.whole

    def follow(self, runner: Runner) -> None:
        """Say what a runner has to say; call `show_state` when that may be something else."""
        self._runner = runner
        self.show_state()

    def _said(self) -> tuple[Notice, ...]:
        case = self._session.case
        if case is None:
            return ()
        more = self._runner.remarks if self._runner is not None else ()
        return tuple(sorted(joined(case.notices, more), key=lambda n: -GRAVENESS.index(n.severity)))

    def show_state(self) -> None:
        """Say what there is to say now."""
        said = self._said()
        refused = self._runner is not None and self._runner.refused
        if refused and not self._was_refused:  # asked once more: hidden before, it is the answer now
            self._hidden = None
        self._was_refused = refused
        shown = bool(said) and said[0].severity != "info"
        self.setVisible(shown and said != self._hidden)
        self.anyway.setVisible(refused)
        if not shown:
            return
        self._mark.setPixmap(icon_pixmap("triangle-alert", 18, "doubtful", ratio=self.devicePixelRatioF()))
        self._mark.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._text.set_whole(f"Not segmented. {said[0].text}" if refused else said[0].text)
        self._menu.clear()
        for notice in said:
            self._menu.addAction(notice.text)
        self._more.setVisible(len(said) > 1)
        self._more.setText(f"{len(said) - 1} more")

    def _dismiss(self) -> None:
        self._hidden = self._said()
        self.hide()

    def _on_case(self) -> None:
        self._hidden = None
        self.show_state()
