"""What happened, why, what to do. Details on request; a button copies a report without patient data."""

from __future__ import annotations

import platform
import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.look.icons import icon_pixmap
from app.look.pieces import beside, column, push, row, words
from engine.core.errors import GroundglassError

_PATHS = re.compile(r"(?:[A-Za-z]:)?[\\/](?:[^\s\\/\"“”'<>|:]+[\\/])+[^\s\"“”'<>|:,)]*")
_QUOTED = re.compile(r"“[^”]*”")


def report_of(error: GroundglassError, *, version: str) -> str:
    """Return a text for whoever repairs the program: no file names, no paths, nothing of the patient."""
    lines = [
        f"groundglass {version}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        f"{type(error).__name__} (exit code {error.exit_code})",
        *(_QUOTED.sub("“…”", _PATHS.sub("<path>", line)) for line in error.lines),
    ]
    if error.details:
        lines += ["", _without_paths(error.details)]
    return "\n".join(lines)


def _without_paths(text: str) -> str:
    """Keep the program's own files by their last two parts; every other path goes."""

    def shorten(found: re.Match[str]) -> str:
        parts = Path(found.group()).parts
        own = next((k for k, part in enumerate(parts) if part in {"app", "engine", "site-packages"}), None)
        return "/".join(parts[own:]) if own is not None else "<path>"

    return _PATHS.sub(shorten, text)


class ProblemDialog(QDialog):
    """Three sentences and a way on.

    Args:
        error: What to show.
        version: Of the program, for the report.
    """

    def __init__(self, error: GroundglassError, *, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("groundglass")
        self.setMinimumWidth(480)
        self._report = report_of(error, version=version)
        mark = QLabel()
        mark.setPixmap(icon_pixmap("triangle-alert", 28, "doubtful", ratio=self.devicePixelRatioF()))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        what = words(error.what, "title", wrap=True)
        texts: list[QWidget] = [what]
        if error.why:
            texts.append(words(error.why, "muted", wrap=True))
        if error.fix:
            texts.append(words(error.fix, wrap=True))
        self.details = QPlainTextEdit(self._report)
        self.details.setReadOnly(True)
        self.details.setMinimumHeight(160)
        self.details.setAccessibleName("Details")
        self.details.hide()
        self._more = push("Details", "Show what a developer needs to know.", flat=True)
        self._more.clicked.connect(self._toggle)
        self.copy_button = push("Copy report", "Copy the details to the clipboard. No names, no paths.", flat=True)
        self.copy_button.clicked.connect(self._copy)
        close = push("Close", "Go on; your case is as it was.", primary=True)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(20)
        layout.addLayout(beside(mark, column(*texts, gap=8)))
        layout.addWidget(self.details)
        layout.addLayout(row(self._more, self.copy_button, None, close))
        close.setFocus()
        self.setAccessibleName(error.what)

    def _toggle(self) -> None:
        self.details.setVisible(not self.details.isVisible())
        self._more.setText("Details" if self.details.isHidden() else "Fewer details")
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy_button.setText("Copied")
