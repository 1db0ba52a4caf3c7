"""What the words after `groundglass open` ask for: a study, a mask, a look, and at the end perhaps one picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QDialog

from app.shell.opening import Source
from app.shell.screenshot import Settled, write_picture
from app.shell.window import Window
from app.views.stage import Stage
from engine.core.errors import ChoiceNeeded, GroundglassError, WorkerError

DIALOGS = ("palette", "keys", "settings", "export")
_LIMIT_S = 180.0


class Errand(QObject):
    """Runs once, after the window is shown.

    Args:
        window: The window.
        options: The words, parsed.
        answers: What they answer to the reader's questions.
    """

    def __init__(self, window: Window, options: argparse.Namespace, answers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(window)
        self._window = window
        self._options = options
        self._answers = answers
        self._settled: Settled | None = None
        self._waiting = False
        self.code = 0
        """Exit code of the process, if something went wrong."""

    def start(self) -> None:
        """Do what the words say."""
        window, options = self._window, self._options
        if options.screenshot is not None:
            # Nobody is there to answer: what would be asked or shown ends the program with its sentence.
            window.dialogs.on_problem = self._fail
            window.dialogs.on_question = self._fail
            window.importing.asks = False
            window.keeping.enabled = False
            window.opening.remembers = False
            QTimer.singleShot(int(_LIMIT_S * 1000), self._too_late)
        if options.layout:
            window.session.set_layout(options.layout)
        if options.sample or options.source is not None:
            self._waiting = True
            window.opening.case_opened.connect(self._on_open)
            window.opening.gave_up.connect(self._on_gave_up)
            pick = 0 if options.series is None and options.screenshot is not None else options.series
            path: Path | None = None if options.sample else options.source
            QTimer.singleShot(0, lambda: window.opening.open_source(Source(path, pick=pick, answers=self._answers)))
        else:
            self._ready()

    def _on_gave_up(self) -> None:
        if self._waiting and self._options.screenshot is not None and not self.code:
            self._leave(1)

    def _on_open(self, _source: object) -> None:
        if not self._waiting:
            return
        self._waiting = False
        window, options = self._window, self._options
        case = window.session.case
        if options.at is not None and case is not None:
            z, y, x = (round(float(v)) for v in case.volume.grid.to_index(options.at))
            window.session.set_cursor((z, y, x))
        if options.tool:
            window.session.set_tool(options.tool)
        if options.mask is not None:
            window.importing.imported.connect(self._ready)
            window.importing.import_path(options.mask, (("resample_mask", "yes"),) if options.resample_mask else ())
        else:
            self._ready()

    def _ready(self) -> None:
        window, options = self._window, self._options
        if options.show:
            QTimer.singleShot(0, lambda: window.run_command(options.show))
        if options.screenshot is not None:
            self._settled = Settled(self.under_way, self)
            self._settled.reached.connect(self._take)

    def under_way(self) -> str:
        """Return what still moves, or empty."""
        window = self._window
        if window.opening.busy or window.session.loading:
            return "reading"
        running = [job.title for job in window.jobs.jobs]
        return running[0] if running else self._volume_under_way()

    def _volume_under_way(self) -> str:
        view, case = self._window.workspace.volume, self._window.session.case
        if case is None or not view.isVisible() or view.stage is Stage.FAILED:
            return ""
        feed = view.feed
        if view.stage is not Stage.LIVE or feed is None or feed.shown_revision < 0:
            return "3-D"
        shown = any(x.visible and case.labels.counts[x.id] for x in case.labelset)
        if shown and (feed.shown_revision != case.revision or not feed.shown_fine):
            return "surfaces"
        frame = view.frame
        return "" if frame is not None and frame.final and (frame.triangles or not shown) else "a frame"

    def _take(self, *_: object) -> None:
        window = self._window
        shown = QApplication.activeModalWidget() or next(
            (w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()), None
        )
        try:
            write_picture(window if shown is None else shown, self._options.screenshot)
        except GroundglassError as error:
            self._fail(error)
            return
        print(self._options.screenshot)  # noqa: T201 - the result of this call
        self._leave(0)

    def _too_late(self) -> None:
        what = self.under_way() or "the window"
        self._fail(
            WorkerError(
                "The picture could not be taken.",
                f"After {_LIMIT_S:g} s this was still under way: {what}.",
                "Try a smaller study, or another layout (--layout single).",
            )
        )

    def _fail(self, error: GroundglassError | ChoiceNeeded) -> None:
        for line in error.lines:
            print(line, file=sys.stderr)  # noqa: T201 - there is no window to say it in
        self._leave(error.exit_code)

    def _leave(self, code: int) -> None:
        self.code = code
        QTimer.singleShot(0, self._window.close)
        QTimer.singleShot(0, QApplication.quit)
