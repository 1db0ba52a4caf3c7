"""Runs the OpenGL probe as a child of the window, without waiting for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.views.gl_probe import TIME_LIMIT_S, GlReport, probe_command, read_report

_LET_GO_MS = 1000


class GlCheck(QObject):
    """Starts the child, gives it its time, and tells once what it found.

    Args:
        command: Runs the probe; the program's own by default.
        limit_ms: After this the child is ended.
    """

    done = Signal(object)
    """A `GlReport`."""

    def __init__(
        self, parent: QObject, *, command: list[str] | None = None, limit_ms: int = TIME_LIMIT_S * 1000
    ) -> None:
        super().__init__(parent)
        self._command = command or probe_command()
        self._over = False
        self._child = QProcess(self)
        self._child.finished.connect(self._on_finished)
        self._child.errorOccurred.connect(self._on_error)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.setInterval(limit_ms)
        self._limit.timeout.connect(self._on_limit)

    def start(self) -> None:
        """Begin; `done` follows."""
        self._limit.start()
        self._child.start(self._command[0], self._command[1:])

    def stop(self) -> None:
        """End the child; nothing is told any more."""
        self._over = True
        self._limit.stop()
        if self._child.state() != QProcess.ProcessState.NotRunning:
            self._child.kill()
            self._child.waitForFinished(_LET_GO_MS)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        crashed = status == QProcess.ExitStatus.CrashExit
        output = "" if crashed else bytes(self._child.readAllStandardOutput().data()).decode(errors="replace")
        self._tell(read_report(output, code))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._tell(GlReport(works=False, reason="The test of the graphics driver could not be started."))

    def _on_limit(self) -> None:
        self._tell(read_report("", None))
        self._child.kill()

    def _tell(self, report: GlReport) -> None:
        if not self._over:
            self._over = True
            self._limit.stop()
            self.done.emit(report)
