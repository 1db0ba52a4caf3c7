"""Where the window stood and how large it was, from one start to the next."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject
from PySide6.QtWidgets import QWidget

from engine.core.atomic import write_text
from engine.core.errors import GroundglassError
from engine.core.paths import config_dir


class Frame(QObject):
    """Keeps place and size of a window whenever it closes.

    Args:
        window: Whose.
        path: The file; one beside the settings if None.
    """

    def __init__(self, window: QWidget, path: Path | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._path = path if path is not None else config_dir() / "frame.txt"
        window.installEventFilter(self)

    def restore(self) -> bool:
        """Put the window where it stood; False if that is not known. A screen that is gone is no harm."""
        try:
            kept = base64.b64decode(self._path.read_text(encoding="ascii"), validate=True)
        except (OSError, UnicodeDecodeError, binascii.Error):
            return False
        return self._window.restoreGeometry(QByteArray(kept))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the place before the window goes."""
        if event.type() == QEvent.Type.Close and watched is self._window:
            state = base64.b64encode(self._window.saveGeometry().data()).decode("ascii")
            try:
                write_text(self._path, state)
            except GroundglassError:
                return False  # the window will stand where it stood at first
        return False
