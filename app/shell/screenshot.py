"""A picture of the window: waits until nothing moves any more, then writes a PNG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from engine.core.atomic import replacing
from engine.core.errors import ResourceError

_LOOK_MS = 50
_STILL_LOOKS = 8
"""So often in a row nothing must be under way."""


def write_picture(widget: QWidget, path: Path) -> None:
    """Write what a widget shows as PNG, at the pixels of its screen.

    Raises:
        ResourceError: the file cannot be written.
    """
    picture = widget.grab().toImage()
    with replacing(path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png")) as temporary:
        if not picture.save(str(temporary)):
            raise ResourceError(
                f"The picture “{path.name}” could not be written.", "Qt refused to save it.", "Try another folder."
            )


class Settled(QObject):
    """Tells once when nothing has been under way for a while.

    Args:
        busy: Says what is under way, or empty.
    """

    reached = Signal()

    def __init__(self, busy: Callable[[], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._still = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        what = self._busy()
        self._still = 0 if what else self._still + 1
        if self._still >= _STILL_LOOKS:
            self._timer.stop()
            self.reached.emit()
