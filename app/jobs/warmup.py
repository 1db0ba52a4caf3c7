"""Imports what will be needed soon, after the first paint, in small pieces beside the window."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject

LATER = ("isal.igzip", "cc3d", "PySide6.QtSvg")
"""Each is imported by a part of the window at its first use; none brings torch, vtk or SimpleITK."""

_PAUSE_S = 0.02


class Warmup(QObject):
    """A thread of low haste.

    Args:
        modules: What to import, in this order; what is missing is left out.
    """

    def __init__(self, parent: QObject | None = None, *, modules: Sequence[str] = LATER) -> None:
        super().__init__(parent)
        self._modules = tuple(modules)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, once."""
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="warmup", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after the module that is being imported."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        for name in self._modules:
            if self._stop.wait(_PAUSE_S):
                return
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # its first user will say what is missing
