"""The last guard: what nobody caught is written down without patient data and said; the case is on disk already."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO

from PySide6.QtCore import QObject, Signal

from app.shell.problem_dialog import report_of
from engine.core.atomic import write_text
from engine.core.errors import Cancelled, GroundglassError, WorkerError
from engine.core.log import traced
from engine.core.paths import state_dir

_KEPT = 20


class CrashGuard(QObject):
    """Takes what no one else caught, in any thread, and shows it on the window's own.

    Args:
        show: Shows a problem.
        version: Of the program.
    """

    _found = Signal(object)

    def __init__(
        self, show: Callable[[GroundglassError], None], *, version: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._show = show
        self._version = version
        self._before: tuple[Any, Any] | None = None
        self._file: TextIO | None = None
        self._found.connect(self._tell)

    def install(self) -> None:
        """Stand guard."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._caught
        threading.excepthook = lambda args: self._caught(args.exc_type, args.exc_value, args.exc_traceback)
        try:
            folder = state_dir()
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "crash.txt").open("w", encoding="utf-8")
            faulthandler.enable(self._file)
        except OSError:
            faulthandler.enable()

    def remove(self) -> None:
        """Stand down."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None
        faulthandler.disable()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _caught(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, (KeyboardInterrupt, Cancelled)) or error is None:
            return
        logging.getLogger("groundglass.app").error("uncaught\n%s", traced(error.with_traceback(trace)))
        if isinstance(error, GroundglassError):
            self._found.emit(error)
            return
        defect = WorkerError(
            "The program made a mistake.",
            f"It was a {kind.__name__}. Every finished edit is on disk.",
            "Go on; if it happens again, please send the report.",
            details=traced(error),
        )
        self._keep(defect)
        self._found.emit(defect)

    def _keep(self, defect: GroundglassError) -> None:
        folder = state_dir() / "reports"
        try:
            write_text(
                folder / f"report-{time.strftime('%Y%m%d-%H%M%S')}.txt", report_of(defect, version=self._version)
            )
            for old in sorted(folder.glob("report-*.txt"))[:-_KEPT]:
                old.unlink()
        except (OSError, GroundglassError):
            return  # a full disk must not hide the mistake itself

    def _tell(self, error: GroundglassError) -> None:
        self._show(error)
