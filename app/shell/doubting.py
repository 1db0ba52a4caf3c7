"""The doubt of the network over the slices: unpacked beside the window when it is wanted, gone when it is not."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.heat import Heat
from app.model.prefs import Preferences
from app.model.session import Session
from engine.case.doubt import DoubtMap
from engine.core.types import LabelArray


class DoubtLayer(QObject):
    """Keeps the layer what the session's doubts say it is to be.

    Args:
        session: Whose case.
        jobs: Where a map is unpacked.
        preferences: How strong the layer is.
    """

    def __init__(self, session: Session, jobs: JobQueue, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._preferences = session, jobs, preferences
        self._coming: DoubtMap | None = None
        self._seen: DoubtMap | None = None
        session.doubts.changed.connect(self._follow)
        session.heat_changed.connect(self._on_heat)
        preferences.changed.connect(lambda _prefs: self._on_preferences())

    def _follow(self) -> None:
        doubts = self._session.doubts
        wanted = doubts.now if doubts.wanted else None
        if wanted is None:
            self._coming = self._seen = None
            self._session.drop_heat("doubt")
        elif wanted is not self._coming and wanted is not self._seen:
            self._unpack(wanted)

    def _unpack(self, doubt: DoubtMap) -> None:
        self._coming, self._seen = doubt, None
        self._session.drop_heat("doubt")
        job = Job("Showing the doubt", lambda _job: doubt.values(), visible=False)
        job.succeeded.connect(lambda values: self._show(doubt, values))
        self._jobs.start(job)

    def _show(self, doubt: DoubtMap, values: LabelArray) -> None:
        case = self._session.case
        if case is None or doubt is not self._coming:
            return
        self._coming, self._seen = None, doubt
        grid = case.volume.grid.crop(doubt.box)
        self._session.set_heat(Heat(values, grid, None, self._opacity(), kind="doubt"))

    def _on_heat(self) -> None:
        """Let go when another layer was laid over the slices."""
        heat = self._session.heat_of("doubt")
        if heat is not None and not heat.shown:
            self._session.doubts.want(on=False)

    def _on_preferences(self) -> None:
        heat = self._session.heat_of("doubt")
        if heat is not None and heat.opacity != self._opacity():
            self._session.set_heat(replace(heat, opacity=self._opacity()))

    def _opacity(self) -> float:
        return self._preferences.now.heat_percent / 100
