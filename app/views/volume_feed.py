"""Keeps the 3-D scene in step with the case: quick surfaces after an edit, fine ones when it is quiet."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.session import Session
from app.views.props import Skin
from app.views.render_thread import RenderThread
from app.views.scene import LUNG_OPACITY, Cut
from app.views.shells import Shell, sampled_volume, sampling, shells
from app.views.volume_presets import VOLUME_PRESETS
from engine.case.delta import Change
from engine.core.types import FloatArray, HuArray, PointLps
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation

_GATHER_MS = 20
"""What comes together (a stroke over several labels, undo of many steps) makes one new surface."""
_IDLE_MS = 1500
_AXES = ("axial", "coronal", "sagittal")
Bounds = tuple[FloatArray, FloatArray] | None
"""Lowest and highest corner around all surfaces, LPS mm; None without any."""


class VolumeFeed(QObject):
    """Makes surfaces in a worker and hands them to the render thread.

    Args:
        session: Whose case is shown.
        thread: Where it goes.
        jobs: Where surfaces are made.
        software: Whether the processor draws.
    """

    refreshed = Signal()
    """The scene has changed; a frame is wanted."""

    def __init__(
        self, session: Session, thread: RenderThread, jobs: JobQueue, *, software: bool, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._thread = thread
        self._jobs = jobs
        self._software = software
        self._job: Job | None = None
        self._again = False
        self._preset: str | None = None
        self.empty = True
        """Whether nothing is shown."""
        self.shown_revision = -1
        """Revision of the case whose surfaces are in the scene."""
        self.shown_fine = False
        self._made_for: frozenset[int] = frozenset()
        self._bounds: Bounds = None
        self._soon = self._timer(_GATHER_MS, partial(self._extract, fine=False))
        self._idle = self._timer(_IDLE_MS, partial(self._extract, fine=True))
        session.labels_changed.connect(self._on_labels)
        session.volume_ready.connect(self._on_volume)

    def _timer(self, wait_ms: int, act: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait_ms)
        timer.timeout.connect(act)  # type: ignore[arg-type]
        return timer

    def stop(self) -> None:
        """Ask for nothing more."""
        self._soon.stop()
        self._idle.stop()
        if self._job is not None:
            self._job.cancel()

    def show_case(self) -> None:
        """Show another case."""
        self.stop()
        self._again = False
        self.empty, self.shown_revision, self.shown_fine = True, -1, False
        self._bounds = None
        self._thread.post("surfaces", lambda scene: scene.set_surfaces({}, fine=False))
        self._thread.post("fine", lambda scene: scene.set_surfaces({}, fine=True))
        self._thread.post("volume", lambda scene: scene.set_volume(None, None, None))
        self._show_skins()
        self._extract(fine=False)
        if self._preset is not None:
            self.show_volume(self._preset)

    @property
    def waiting_text(self) -> str:
        """What is said while nothing is shown: whether something is on its way."""
        case = self._session.case
        if case is None or self.shown_revision == case.revision or not case.labels.counts[1:].any():
            return "Labels appear here as surfaces."
        return "Making surfaces …"

    def ball(self) -> tuple[PointLps, float]:
        """Return centre (LPS) and radius in mm of what is shown: the labels, or the whole volume."""
        case = self._session.case
        if case is None:
            return (0.0, 0.0, 0.0), 100.0
        grid = case.volume.grid
        if self._bounds is None or self._preset is not None:
            # The corners of a chest scan are air: its inner ball is what one wants to see.
            return grid.centre_lps, 0.38 * float(np.linalg.norm(grid.size_mm))
        low, high = self._bounds
        left, posterior, superior = ((low + high) / 2).tolist()
        return (left, posterior, superior), max(30.0, 0.5 * float(np.linalg.norm(high - low)) * 0.92)

    # --- labels ----------------------------------------------------------------------------------
    def _on_labels(self, change: Change) -> None:
        if change.box is None:
            self._show_skins()
        if change.box is None or self.empty:
            self.refreshed.emit()
        if change.box is not None or self._glass() != self._made_for:
            self._idle.stop()
            if not self._soon.isActive():
                self._soon.start()

    def _glass(self) -> frozenset[int]:
        case = self._session.case
        return frozenset(label.id for label in case.labelset if not label.fill) if case is not None else frozenset()

    def _show_skins(self) -> None:
        case = self._session.case
        if case is None:
            return
        skins = {
            label.id: Skin(label.rgb, 0.0 if not label.visible else 1.0 if label.fill else LUNG_OPACITY)
            for label in case.labelset
        }
        self._thread.post("skins", lambda scene: scene.set_skins(skins))

    def _extract(self, *, fine: bool) -> None:
        case = self._session.case
        if case is None:
            return
        if self._job is not None:
            # One at a time: the newest wish runs when the present one is done.
            self._again = True
            if self.shown_fine or fine is False:
                self._job.cancel()
            return
        labels, grid, revision = case.labels.data, case.volume.grid, case.revision
        every = sampling(grid.shape_zyx, fine=fine, software=self._software)
        finest = fine or every == sampling(grid.shape_zyx, fine=True, software=self._software)
        glass = self._made_for = self._glass()
        job = Job(
            "3-D surfaces",
            lambda j: _measured(shells(labels, grid, every=every, glass=glass, cancel=j.token)),
            visible=False,
        )
        job.succeeded.connect(lambda made: self._show(made, case, revision, fine=finest))
        job.ended.connect(self._on_ended)
        self._job = job
        self._jobs.start(job)

    def _show(self, found: tuple[dict[int, Shell], Bounds], case: object, revision: int, *, fine: bool) -> None:
        made, bounds = found
        if case is not self._session.case:
            return
        self.empty = not made and self._preset is None
        self.shown_revision, self.shown_fine = revision, fine
        self._bounds = bounds
        self._thread.post("fine" if fine else "surfaces", lambda scene: scene.set_surfaces(made, fine=fine))
        if not fine:
            self._idle.start()
        self.refreshed.emit()

    def _on_ended(self, _job: Job) -> None:
        self._job = None
        if self._again:
            self._again = False
            self._extract(fine=False)

    # --- volume ----------------------------------------------------------------------------------
    def _on_volume(self) -> None:
        if self._preset is not None:
            self.show_volume(self._preset)

    def show_volume(self, name: str | None) -> None:
        """Show a volume rendering, or take it away."""
        case = self._session.case
        had, self._preset = self._preset, name
        if case is None:
            return
        if name is None:
            self._thread.post("volume", lambda scene: scene.set_volume(None, None, None))
            self.refreshed.emit()
        elif had is not None and had != name and _alike(had, name):
            preset = VOLUME_PRESETS[name]
            self._thread.post("preset", lambda scene: scene.set_preset(preset))
            self.refreshed.emit()
        else:
            hu, grid, software = case.volume.hu, case.volume.grid, self._software
            inside = case.labels.data if VOLUME_PRESETS[name].inside_labels else None
            job = Job("3-D volume", lambda _: sampled_volume(hu, grid, software=software, inside=inside), visible=False)
            job.succeeded.connect(self._put_volume)
            self._jobs.start(job)

    def _put_volume(self, made: tuple[HuArray, Grid]) -> None:
        if self._preset is None:
            return
        (hu, grid), preset = made, VOLUME_PRESETS[self._preset]
        self.empty = False
        self._thread.post("volume", lambda scene: scene.set_volume(hu, grid, preset))
        self.refreshed.emit()

    # --- crosshair and cuts ----------------------------------------------------------------------
    def show_cross(self, sides: dict[str, float]) -> None:
        """Move the crosshair and the planes that cut through it.

        Args:
            sides: Plane → side that is taken away, +1 towards head, back or left.
        """
        case = self._session.case
        if case is None:
            return
        grid = case.volume.grid
        directions = np.array(Orientation.of(grid).grid(grid).direction)
        left, posterior, superior = grid.to_lps(self._session.cursor_zyx).tolist()
        point = (left, posterior, superior)
        cuts = []
        for plane, side in sides.items():
            x, y, z = (-side * directions[_AXES.index(plane)]).tolist()
            cuts.append(Cut(point, (x, y, z)))
        self._thread.post("cross", lambda scene: scene.set_cross(point, directions))
        self._thread.post("cuts", lambda scene: scene.set_cuts(tuple(cuts)))


def _alike(first: str, second: str) -> bool:
    return VOLUME_PRESETS[first].inside_labels == VOLUME_PRESETS[second].inside_labels


def _measured(made: dict[int, Shell]) -> tuple[dict[int, Shell], Bounds]:
    """Return surfaces and the box around them, found in the worker: a million points are 0.1 s of the window's time."""
    if not made:
        return made, None
    columns = [[shell.mesh.points_lps[:, k] for shell in made.values()] for k in range(3)]
    low = np.array([min(float(c.min()) for c in column) for column in columns])
    high = np.array([max(float(c.max()) for c in column) for column in columns])
    return made, (low, high)
