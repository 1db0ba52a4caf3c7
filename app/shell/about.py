"""Version, licences, what the program is not, and which weights it came with."""

from __future__ import annotations

import platform

from PySide6 import __version__ as qt_version
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.look.pieces import push, row, words
from app.shell.empty_state import NOT_A_DEVICE

_TEXT = (
    "Open a chest CT, have it segmented by RA-UNet, correct it, export the mask. Nothing leaves this machine: "
    "no telemetry, no network access."
)
_LICENCES = "groundglass: Apache-2.0. Icons: Lucide, ISC and MIT. Qt: LGPL-3.0. VTK, ITK, NumPy, PyTorch: BSD, Apache."


class AboutDialog(QDialog):
    """A few sentences.

    Args:
        version: Of the program.
    """

    def __init__(self, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About groundglass")
        self.setMinimumWidth(460)
        close = push("Close", "Esc closes too.", primary=True)
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(words("groundglass", "heading"))
        system = f"{platform.system()}, Python {platform.python_version()}, Qt {qt_version}"
        layout.addWidget(words(f"Version {version}. {system}.", "muted"))
        for text in (_TEXT, NOT_A_DEVICE):
            layout.addWidget(words(text, wrap=True))
        layout.addWidget(words(_LICENCES, "small", wrap=True))
        layout.addLayout(row(None, close))
